//! What can be seen at a glance: how far, how good, how long still.

use attune::backend::RunLocation;
use attune_core::event::{self, Advance, Command};
use attune_core::format;
use ratatui::text::{Line, Span};

use crate::study::{Phase, Study};
use crate::theme::Theme;
use crate::widgets::{fit, width, wrap};

/// The study's state in a few words.
pub(super) fn state(study: &Study) -> String {
    let phase = match &study.phase {
        Phase::Resting => "stopped: c continues it".to_owned(),
        Phase::Interrupted => "interrupted: c continues it".to_owned(),
        Phase::Finished => "finished".to_owned(),
        Phase::Failed(_) => "failed".to_owned(),
        _ if study.asked == Some(Command::StopAfterGeneration) => "stopping after this stage".to_owned(),
        _ if study.asked == Some(Command::StopNow) => "stopping".to_owned(),
        _ if study.paused => "paused".to_owned(),
        Phase::Searching => "searching".to_owned(),
        Phase::Measuring(what) => format!("measuring {what}"),
        Phase::Planning => "planning".to_owned(),
        Phase::Reporting { .. } => "making the report".to_owned(),
    };
    if study.place == RunLocation::Elsewhere { format!("{phase} (in another process)") } else { phase }
}

/// The lines of the header, as many as a terminal of this width needs.
pub(super) fn lines(theme: Theme, study: &Study, columns: usize) -> Vec<Line<'static>> {
    let header = &study.header;
    let space = study.space.map(|count| format!(" · {}", format::configs(count)));
    let what = format!(
        " {} on {}{} · {} · seed {}",
        header.technique,
        header.model,
        space.unwrap_or_default(),
        study.device,
        header.seed
    );
    let found = vec![Span::raw(" best "), Span::styled(best(study), theme.accent())];
    let mut lines =
        vec![Line::styled(fit(&what, columns), theme.faint()), bar(theme, study, columns), Line::from(found)];
    let counters = counters(study).join(" · ");
    match lines.last_mut() {
        _ if counters.is_empty() => {}
        Some(best) if best.width() + width(&counters) + 3 <= columns => {
            best.push_span(Span::raw(format!(" · {counters}")));
        }
        _ => {
            let counters = wrap(&counters, columns.saturating_sub(2)).into_iter();
            lines.extend(counters.map(|line| Line::from(format!(" {line}"))));
        }
    }
    lines
}

fn bar(theme: Theme, study: &Study, columns: usize) -> Line<'static> {
    let progress = &study.progress;
    let (head, done, all) = match study.phase {
        Phase::Reporting { done, total, .. } => {
            // Its entries differ in size: what is counted is what has to be evaluated.
            let (done, total) =
                evaluations(study, event::Phase::Report).unwrap_or((done as u64, total as u64));
            (" report ".to_owned(), done, total)
        }
        Phase::Measuring(_) => {
            let (done, total) = evaluations(study, event::Phase::Measuring).unwrap_or((0, 0));
            (" measuring ".to_owned(), done, total)
        }
        _ => {
            let budget = progress.budget.max(progress.trials);
            let trials = (progress.trials, budget);
            // Parts of trials count where somebody tells of them.
            let (done, total) =
                evaluations(study, event::Phase::Search).filter(|_| study.runs()).unwrap_or(trials);
            (format!(" {}/{budget} trials ", progress.trials), done, total)
        }
    };
    let share = if all == 0 { 0.0 } else { done as f64 / all as f64 };
    let left = time_left(study).map_or(String::new(), |left| format!(" · {left}"));
    let tail = format!(" {:>3.0} %{left}", share * 100.0);
    let room = columns.saturating_sub(width(&head) + width(&tail) + 1);
    let full = (room as f64 * share).floor() as usize;
    Line::from(vec![
        Span::raw(head),
        Span::styled("━".repeat(full), theme.accent()),
        Span::styled("·".repeat(room - full.min(room)), theme.faint()),
        Span::raw(tail),
    ])
}

/// How much of a phase is evaluated, and how much there is.
fn evaluations(study: &Study, phase: event::Phase) -> Option<(u64, u64)> {
    let Advance { done, total, .. } = study.remaining.of(phase)?;
    (total > 0).then_some((done, total))
}

/// How long the study still takes at the pace of the last minute, its report included. A process of an older attune tells
/// only of its trials.
fn time_left(study: &Study) -> Option<String> {
    if !study.runs() || study.paused {
        return None;
    }
    if let Some(seconds) = study.remaining.seconds() {
        return Some(format!("{} left", format::duration(seconds)));
    }
    match study.phase {
        Phase::Searching if study.place == RunLocation::Elsewhere => {
            let rest = study.progress.budget.checked_sub(study.progress.trials)?;
            let seconds = rest as f64 / study.pace.trials()?;
            Some(format!("{} left for trials, and the report", format::duration(seconds)))
        }
        _ => None,
    }
}

fn best(study: &Study) -> String {
    let Some(row) = study.best.and_then(|position| study.rows.get(position)) else { return "–".to_owned() };
    let cost = row.trial.costs.first().map_or(String::new(), |cost| format!(" at {}", format::cost(cost)));
    format!("{} {}{cost} (trial {})", study.metric(), format::short(row.quality), row.trial.id)
}

fn counters(study: &Study) -> Vec<String> {
    let progress = &study.progress;
    let mut parts = Vec::new();
    if progress.reused > 0 {
        parts.push(format!("{} reused", progress.reused));
    }
    if progress.dropped > 0 {
        parts.push(format!("{} dropped", progress.dropped));
    }
    if progress.failed > 0 {
        parts.push(format!("{} failed", progress.failed));
    }
    if let Some(saved) = study.saved() {
        parts.push(format!("{:.0} % of the work saved", saved * 100.0));
    }
    if let Some(work) = study.pace.work().filter(|_| study.runs()) {
        let layers = f64::from(study.layers.max(1));
        let unit = match study.layers {
            _ if !study.is_of_a_model() => "units of work/s",
            0 => "layer-tokens/s",
            _ => "tokens/s",
        };
        parts.push(format!("{} {unit}", format::count(work / layers)));
    }
    parts
}
