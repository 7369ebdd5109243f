//! Dialogs, over the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

use super::{fit, help, page, seen, wrap};
use crate::chooser;
use crate::export;
use crate::home::change::Change;
use crate::modal::Modal;
use crate::model::Model;

pub(crate) fn view(model: &Model, modal: &Modal, frame: &mut Frame<'_>) {
    let theme = model.theme();
    // What lies under a dialog cannot be clicked.
    seen::place(frame.area(), seen::Target::Nothing);
    let key = |name: &str, what: &str| {
        Line::from(vec![Span::styled(format!("{name:>10}  "), theme.key()), Span::raw(what.to_owned())])
    };
    let room = usize::from(frame.area().width).saturating_sub(6).min(60);
    let words = |text: &str| wrap(text, room).into_iter().map(Line::from).collect::<Vec<_>>();
    let (title, lines) = match modal {
        Modal::Export(export) => return export::view::view(model, export, frame),
        Modal::Choose(chooser) => return chooser::view::view(model, chooser, frame),
        Modal::Help => {
            let mut lines: Vec<Line<'_>> =
                help::keys(&model.screen).iter().map(|(name, what)| key(name, what)).collect();
            lines.push(Line::default());
            lines.push(key("y", "copy the command line of this screen"));
            lines.push(key("mouse", "click chooses, again opens; Shift marks text"));
            lines.push(key("Ctrl-Z", "suspend; Ctrl-L draws anew; ? is this help"));
            lines.push(key("Esc", "closes this"));
            ("Keys", lines)
        }
        Modal::Leave => {
            let names = model.running_here().join(", ");
            let mut lines = words(&format!(
                "{names} is running in this window. Whatever has finished is kept, and it can be continued later."
            ));
            lines.push(Line::default());
            lines.push(key("f", "finish this stage, then quit"));
            lines.push(key("x", "stop now, then quit"));
            lines.push(key("Esc", "stay"));
            ("Quit?", lines)
        }
        Modal::Replace { path } => {
            let mut lines = words(&format!("There is a file {path} already."));
            lines.push(Line::default());
            lines.push(key("Enter", "replace it"));
            lines.push(key("Esc", "keep it"));
            ("Replace the file?", lines)
        }
        Modal::Change { study, change } => {
            let (title, question, agree) = match change {
                Change::Remove => (
                    "Delete the study?",
                    format!(
                        "The trials and the result of {study} will be gone. What was evaluated stays in the store's cache."
                    ),
                    "delete it",
                ),
                Change::Rename(_) => ("Rename the study", format!("A new name for {study}:"), "rename it"),
                Change::Clone(_) => (
                    "Clone the study",
                    format!("A second study with the trials of {study} so far, under the name:"),
                    "clone it",
                ),
            };
            let mut lines = words(&question);
            if let Some(line) = change.line() {
                let (before, after) = line.parts();
                lines.push(Line::styled(format!("{before}▏{after}"), theme.chosen()));
            }
            lines.push(Line::default());
            lines.push(key("Enter", agree));
            lines.push(key("Esc", "leave it as it is"));
            (title, lines)
        }
        Modal::Discard => {
            let mut lines = words("The changes to this profile are not saved.");
            lines.push(Line::default());
            lines.push(key("Enter", "leave without them"));
            lines.push(key("Esc", "stay here"));
            ("Leave without saving?", lines)
        }
    };
    let wide = lines.iter().map(Line::width).max().unwrap_or(0) as u16 + 4;
    let area = centred(frame.area(), wide.max(40), lines.len() as u16 + 2);
    let inner = window(model, frame, area, title);
    for (row, line) in (0..).zip(&lines) {
        let key = line.spans.first().and_then(|span| page::key(span.content.trim()));
        if let Some(key) = key.filter(|_| line.spans.len() > 1) {
            seen::place(Rect { y: inner.y + row, height: 1, ..inner }, seen::Target::Key(key));
        }
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

/// An empty window with a title; returns the place inside.
pub(crate) fn window(model: &Model, frame: &mut Frame<'_>, area: Rect, title: &str) -> Rect {
    let theme = model.theme();
    let title = fit(title, usize::from(area.width).saturating_sub(6));
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .title(Span::styled(format!(" {title} "), theme.title()));
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// A place of this size, or smaller, in the middle.
pub(crate) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}
