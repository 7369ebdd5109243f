//! Dialogs, over the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{chooser, export, help};
use crate::home::Change;
use crate::modal::Modal;
use crate::model::Model;
use crate::widgets::{self, centred, seen, window, wrap};

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
        Modal::Export(export) => return export::view(model, export, frame),
        Modal::Choose(chooser) => return chooser::view(model, chooser, frame),
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
        let key = line.spans.first().and_then(|span| widgets::key(span.content.trim()));
        if let Some(key) = key.filter(|_| line.spans.len() > 1) {
            seen::place(Rect { y: inner.y + row, height: 1, ..inner }, seen::Target::Key(key));
        }
    }
    frame.render_widget(Paragraph::new(lines), inner);
}
