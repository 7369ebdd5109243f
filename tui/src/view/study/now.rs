//! What is being evaluated now, and what was said.

use attune_core::trial::{Trial, TrialState};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::study::{Panel, Phase, Study};
use crate::theme::Theme;
use crate::widgets::{fit, panel, wrap};

pub(super) fn view(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let title = format!("Now on {}", study.device);
    let inner = panel(theme, frame, area, &title, study.panel == Panel::Now);
    let columns = usize::from(inner.width).saturating_sub(2);
    let mut lines: Vec<Line<'_>> = match &study.phase {
        Phase::Reporting { what, .. } => {
            plain(&format!("scoring {what} for the report, on data that the search never saw"), columns)
        }
        Phase::Measuring(what) if !study.is_of_a_model() => {
            plain(&format!("measuring {what} without edits"), columns)
        }
        Phase::Measuring(what) => plain(&format!("measuring {what} of the dense model"), columns),
        Phase::Planning => {
            vec![Line::from(" planning with the sensitivities; many heads or budgets take minutes")]
        }
        Phase::Failed(reason) => wrap(reason, columns)
            .into_iter()
            .map(|line| Line::styled(format!(" {line}"), theme.bad()))
            .collect(),
        _ if !study.running.is_empty() => study
            .running
            .iter()
            .take(usize::from(inner.height))
            .map(|(trial, plan)| {
                let text = study.edits.describe(plan).join("; ");
                Line::from(vec![
                    Span::styled(format!(" trial {trial} "), theme.accent()),
                    Span::raw(fit(&text, columns.saturating_sub(12))),
                ])
            })
            .collect(),
        _ if study.paused => vec![Line::from(" paused: p goes on")],
        Phase::Searching if study.runs() => vec![Line::from(" preparing the next trials")],
        Phase::Finished => vec![Line::from(" nothing: the study is finished, Enter shows its result")],
        _ => vec![Line::from(" nothing: c continues the study where it stopped")],
    };
    // With room to spare, the trial under the cursor in words.
    if let Some(row) = study.cursor().and_then(|position| study.rows.get(position)) {
        let room = usize::from(inner.height).saturating_sub(lines.len() + 2);
        if room > 0 {
            lines.push(Line::default());
            let end = ended(study, &row.trial).map_or(String::new(), |end| format!(" {end}"));
            let text = format!("trial {}, selected:{end}", row.trial.id);
            let head =
                wrap(&text, columns).into_iter().map(|line| Line::styled(format!(" {line}"), theme.title()));
            let plan = study.edits.describe(&row.trial.plan).into_iter();
            let plan = plan.map(|line| Line::from(format!("  {}", fit(&line, columns))));
            lines.extend(head.chain(plan).take(room + 1));
        }
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn plain(text: &str, columns: usize) -> Vec<Line<'static>> {
    wrap(text, columns).into_iter().map(|line| Line::from(format!(" {line}"))).collect()
}

/// How a trial ended, when it has no scores on all items.
fn ended(study: &Study, trial: &Trial) -> Option<String> {
    match trial.state() {
        TrialState::Dropped(dropped) => {
            let all = study.rows.iter().find_map(|row| row.trial.scores()?.metrics.values().next());
            let of = all.map_or(String::new(), |score| format!(" of {}", score.items.len()));
            Some(format!(
                "dropped after {}{of} items, on which trial {} beats it",
                dropped.items.len(),
                dropped.rival
            ))
        }
        TrialState::Repeated(repeat) => {
            let of = trial.again_of().map_or(String::new(), |of| format!("trial {of} "));
            Some(format!("{of}again, on {} other items", repeat.items.len()))
        }
        TrialState::Failed(reason) => Some(reason.clone()),
        _ => None,
    }
}

pub(super) fn log(theme: Theme, study: &Study, frame: &mut Frame<'_>, area: Rect) {
    let inner = panel(theme, frame, area, "Log, newest first", study.panel == Panel::Log);
    let columns = usize::from(inner.width).saturating_sub(10);
    let lines = study.log.newest().skip(study.log_scroll).take(usize::from(inner.height)).map(|line| {
        let seconds = line.at.as_secs();
        let style = if line.warning { theme.bad() } else { theme.plain() };
        let mark = if line.warning { "! " } else { "  " };
        Line::from(vec![
            Span::styled(format!(" {:>3}:{:02} ", seconds / 60, seconds % 60), theme.faint()),
            Span::styled(format!("{mark}{}", fit(&line.text, columns)), style),
        ])
    });
    let mut lines: Vec<Line<'_>> = lines.collect();
    if lines.is_empty() {
        lines.push(Line::styled(" nothing yet", theme.faint()));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}
