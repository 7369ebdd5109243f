//! The export dialog, drawn.

use attune::backend::{Target, Verdict};
use attune_core::format;
use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::command_line;
use crate::export::{Export, Stage};
use crate::model::Model;
use crate::theme::Theme;
use crate::widgets::{centred, fit, width, window, wrap};

/// Lines of the dialog that are no targets.
const REST: usize = 12;

pub(crate) fn view(model: &Model, export: &Export, frame: &mut Frame<'_>) {
    let theme = model.theme();
    let area = frame.area();
    let area = centred(area, area.width.saturating_sub(6).min(110), area.height.saturating_sub(4).min(26));
    let what = export.trial.map_or("the winner".to_owned(), |trial| format!("trial {trial}"));
    let inner = window(model, frame, area, &format!("Export {what} of {}", export.study));
    let columns = usize::from(inner.width);
    let mut lines: Vec<Line<'_>> = Vec::new();
    match &export.targets {
        None => lines.push(Line::styled("asking every exporter what it can express", theme.faint())),
        Some(Err(reason)) => lines.extend(styled(reason, columns, theme.bad())),
        Some(Ok(targets)) => {
            // What is said of the chosen one, the folder and the keys stay in sight.
            let room = usize::from(inner.height).saturating_sub(REST).max(3);
            // Where one more is all of them, the line that says which is chosen is not needed.
            let room = if targets.len() == room + 1 { room + 1 } else { room };
            let first = (export.chosen + 1).saturating_sub(room);
            let names = targets.iter().map(|target| width(&target.name)).max().unwrap_or(0).max(12);
            let rows = targets.iter().enumerate().skip(first).take(room);
            lines.extend(
                rows.map(|(position, target)| row(theme, target, position == export.chosen, names, columns)),
            );
            if targets.len() > room {
                let place = format!("  {} of {} targets", export.chosen + 1, targets.len());
                lines.push(Line::styled(place, theme.faint()));
            }
        }
    }
    lines.push(Line::default());
    if let Some(target) = export.target() {
        let (word, reason, style) = match &target.verdict {
            Verdict::Exact => ("Exactly this plan.", "", theme.good()),
            Verdict::Approximate(reason) => ("Only approximately:", reason.as_str(), theme.accent()),
            Verdict::Refused(reason) => ("Not possible:", reason.as_str(), theme.bad()),
        };
        lines.extend(styled(&format!("{word} {reason}"), columns, style));
        if export.is_only_a_record() {
            let note = "No engine reads this JSON yet, and none of the other targets can express this plan: it is a record \
                        for tools of your own.";
            lines.extend(styled(note, columns, theme.accent()));
        }
        lines.push(Line::default());
        lines.push(folder(theme, export, columns));
        let id = export.trial.map(|trial| trial.to_string());
        let mut words = vec!["export", &export.study, "--to", &target.name, "--out", export.out.text()];
        words.extend(id.iter().flat_map(|id| ["--trial", id.as_str()]));
        if let Verdict::Approximate(_) = target.verdict {
            words.push("--approximate");
        }
        let command = format!("$ {}", command_line::line(&model.setup, &words));
        lines.push(Line::styled(fit(&command, columns), theme.faint()));
        lines.push(Line::default());
    }
    lines.extend(stage(theme, export, columns));
    frame.render_widget(Paragraph::new(lines), inner);
}

fn row(theme: Theme, target: &Target, chosen: bool, names: usize, columns: usize) -> Line<'static> {
    let (word, style) = match target.verdict {
        Verdict::Exact => ("exact", theme.good()),
        Verdict::Approximate(_) => ("approximate", theme.accent()),
        Verdict::Refused(_) => ("cannot", theme.faint()),
    };
    let mark = if chosen { "›" } else { " " };
    let name = format!("{mark} {:<names$}", target.name);
    let rest = columns.saturating_sub(width(&name) + 13);
    Line::from(vec![
        Span::styled(name, if chosen { theme.chosen() } else { theme.plain() }),
        Span::styled(format!(" {word:<12}"), style),
        Span::raw(fit(&target.summary, rest)),
    ])
}

fn folder(theme: Theme, export: &Export, columns: usize) -> Line<'static> {
    let (before, after) = export.out.parts();
    let (caret, style) = if export.editing { ("▏", theme.chosen()) } else { ("", theme.plain()) };
    let text = format!("{before}{caret}{after}");
    Line::from(vec![Span::styled("into ", theme.key()), Span::styled(fit(&text, columns - 5), style)])
}

fn stage(theme: Theme, export: &Export, columns: usize) -> Vec<Line<'static>> {
    let keys = |keys: &[(&'static str, &'static str)]| {
        let spans = keys
            .iter()
            .flat_map(|(key, what)| [Span::styled(*key, theme.key()), Span::raw(format!(" {what}  "))]);
        Line::from(spans.collect::<Vec<_>>())
    };
    match &export.stage {
        Stage::Choosing if export.editing => {
            vec![keys(&[("Enter", "keep the folder"), ("Esc", "close")])]
        }
        Stage::Choosing => {
            vec![keys(&[("↑↓", "target"), ("Tab", "folder"), ("Enter", "export"), ("Esc", "close")])]
        }
        Stage::Writing => vec![Line::styled("writing", theme.accent())],
        Stage::Done(files) => {
            let mut lines = vec![Line::styled(format!("Exported {} files:", files.len()), theme.good())];
            lines.extend(files.iter().map(|file| {
                let size = format::bytes(file.bytes as f64);
                Line::from(format!("  {}  {size}", fit(&file.path, columns.saturating_sub(16))))
            }));
            lines.push(keys(&[("Esc", "close")]));
            lines
        }
        Stage::Failed(reason) => {
            let mut lines = styled(&format!("Nothing was exported: {reason}"), columns, theme.bad());
            lines.push(keys(&[("Tab", "another folder"), ("Enter", "try again"), ("Esc", "close")]));
            lines
        }
    }
}

fn styled(text: &str, columns: usize, style: ratatui::style::Style) -> Vec<Line<'static>> {
    wrap(text, columns).into_iter().map(|line| Line::styled(line, style)).collect()
}
