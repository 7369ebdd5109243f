//! What every screen has: a title, a body, the command line that does the same, and the keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use super::seen::{self, Target};
use super::{fit, width};
use crate::key::Key;
use crate::model::Model;
use crate::theme::Theme;

/// The frame of a screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// What the screen is about.
    pub(crate) title: String,
    /// How it stands, at the right.
    pub(crate) state: String,
    /// The command line that does the same.
    pub(crate) command: String,
}

impl Page {
    /// Draws everything but the body, whose place it returns.
    pub(crate) fn draw(&self, model: &Model, frame: &mut Frame<'_>, keys: &[(&str, &str)]) -> Rect {
        let theme = model.theme();
        let area = frame.area();
        let columns = usize::from(area.width);
        // Both are there in any case: how it stands has half of the room, and what the title leaves.
        let room = columns.saturating_sub(14);
        let state = fit(&self.state, (room / 2).max(room.saturating_sub(width(&self.title))));
        let title = fit(&self.title, room.saturating_sub(width(&state)));
        let gap = columns.saturating_sub(width(&title) + width(&state) + 12);
        let head = Line::from(vec![
            Span::styled(" attune ", theme.accent()),
            Span::styled("│ ", theme.faint()),
            Span::styled(title, theme.title()),
            Span::raw(" ".repeat(gap)),
            Span::styled(state, theme.title()),
        ]);
        let (keys, at) = key_lines(theme, keys, columns);
        let foot = keys.len() as u16 + 1;
        for (column, row, wide, key) in at {
            let area = Rect { x: area.x + column, y: area.bottom() - foot + 1 + row, width: wide, height: 1 };
            seen::place(area, Target::Key(key));
        }
        seen::command(&self.command);
        frame.render_widget(Paragraph::new(head), Rect { height: 1, ..area });
        let under = Rect { y: area.bottom() - foot, height: 1, ..area };
        frame.render_widget(Paragraph::new(self.under(model, columns)), under);
        let at_keys = Rect { y: area.bottom() - foot + 1, height: foot - 1, ..area };
        frame.render_widget(Paragraph::new(keys), at_keys);
        Rect { y: area.y + 1, height: area.height - 1 - foot, ..area }
    }

    /// The line above the keys: something to say, else the command line.
    fn under(&self, model: &Model, columns: usize) -> Line<'static> {
        let theme = model.theme();
        if let Some(notice) = &model.notice {
            let (mark, style) = if notice.bad { (" ! ", theme.bad()) } else { (" ", theme.plain()) };
            return Line::styled(fit(&format!("{mark}{}", notice.text), columns), style);
        }
        if model.leaving {
            return Line::styled(" stopping, then quitting; Ctrl-C again quits at once", theme.accent());
        }
        if self.command.is_empty() {
            return Line::default();
        }
        Line::styled(fit(&format!(" $ {}", self.command), columns), theme.faint())
    }
}

/// The key that a word names, if it is one.
pub(crate) fn key(word: &str) -> Option<Key> {
    let mut letters = word.chars();
    match (word, letters.next(), letters.next()) {
        ("Enter", ..) => Some(Key::Enter),
        ("Esc", ..) => Some(Key::Esc),
        ("Tab", ..) => Some(Key::Tab),
        (_, Some(letter), None) if letter.is_ascii_graphic() => Some(Key::Char(letter)),
        _ => None,
    }
}

/// Column, row, width and key of words that can be clicked.
type Keys = Vec<(u16, u16, u16, Key)>;

/// The keys, on as many lines as they need.
fn key_lines(theme: Theme, keys: &[(&str, &str)], columns: usize) -> (Vec<Line<'static>>, Keys) {
    let mut lines = vec![Line::from(" ")];
    let mut places = Vec::new();
    let mut used = 1;
    for (name, what) in keys {
        let needed = width(name) + width(what) + 3;
        if used + needed > columns + 2 && used > 1 {
            lines.push(Line::from(" "));
            used = 1;
        }
        if let Some(key) = key(name) {
            places.push((used as u16, lines.len() as u16 - 1, needed as u16 - 2, key));
        }
        used += needed;
        if let Some(line) = lines.last_mut() {
            line.push_span(Span::styled((*name).to_owned(), theme.key()));
            line.push_span(Span::raw(format!(" {what}  ")));
        }
    }
    (lines, places)
}

/// A titled rule and the place under it.
pub(crate) fn panel(theme: Theme, frame: &mut Frame<'_>, area: Rect, title: &str, focused: bool) -> Rect {
    // The rule is dim; a title that is dim and bold at once looks different on every terminal.
    let style = if focused { theme.accent() } else { theme.title() }.remove_modifier(Modifier::DIM);
    let title = fit(title, usize::from(area.width).saturating_sub(4));
    let block = Block::new()
        .borders(Borders::TOP)
        .border_style(theme.faint())
        .title(Line::from(vec![Span::styled(format!(" {title} "), style)]));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}
