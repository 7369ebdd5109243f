//! Screens without a terminal: what it would show.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::model::Model;
use crate::view::view;
use crate::widgets::seen::{self, Seen};

/// The cells of a screen of this size.
pub fn screen(model: &Model, columns: u16, rows: u16) -> Buffer {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(columns, rows));
    let Ok(_) = terminal.draw(|frame| view(model, frame));
    terminal.backend().buffer().clone()
}

/// What the screen of a model shows that a person can point at or copy.
pub(crate) fn seen(model: &Model) -> Seen {
    seen::listen(|| drop(screen(model, model.size.0, model.size.1)))
}

/// A screen as text, without the spaces at the ends of its lines.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in 0..buffer.area.height {
        let line: String = (0..buffer.area.width).map(|column| buffer[(column, row)].symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
