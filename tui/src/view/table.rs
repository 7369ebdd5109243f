//! Tables. Only the rows that are seen are made, so their number does not matter.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{fit, width};
use crate::theme::Theme;

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// One column. A width of 0 takes what the others leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column<'a> {
    pub(crate) name: &'a str,
    pub(crate) width: usize,
    pub(crate) align: Align,
}

impl<'a> Column<'a> {
    pub(crate) fn left(name: &'a str, width: usize) -> Self {
        Self { name, width, align: Align::Left }
    }

    pub(crate) fn right(name: &'a str, width: usize) -> Self {
        Self { name, width, align: Align::Right }
    }
}

/// A table with a cursor.
pub(crate) struct Table<'a> {
    pub(crate) columns: &'a [Column<'a>],
    /// Number of all rows.
    pub(crate) len: usize,
    pub(crate) cursor: Option<usize>,
}

impl Table<'_> {
    /// Draws the header and the rows around the cursor; `row` makes one of them.
    pub(crate) fn draw(
        &self,
        theme: Theme,
        frame: &mut Frame<'_>,
        area: Rect,
        mut row: impl FnMut(usize) -> (Vec<String>, Style),
    ) {
        let columns = usize::from(area.width).saturating_sub(1);
        let names: Vec<String> = self.columns.iter().map(|column| column.name.to_owned()).collect();
        let mut lines = vec![Line::styled(self.line(&names, columns), theme.faint())];
        let seen = usize::from(area.height).saturating_sub(1);
        let first = first_seen(self.cursor.unwrap_or(0), self.len, seen);
        for position in first..self.len.min(first + seen) {
            let (cells, style) = row(position);
            let style = if self.cursor == Some(position) { style.patch(theme.chosen()) } else { style };
            // The mark says the same as the reversed line, for terminals that show no styles.
            let mark = if self.cursor == Some(position) { "›" } else { " " };
            lines.push(Line::from(vec![
                Span::styled(mark, style),
                Span::styled(self.line(&cells, columns).split_off(1), style),
            ]));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn line(&self, cells: &[String], columns: usize) -> String {
        let fixed: usize = self.columns.iter().map(|column| column.width + 1).sum();
        let rest = columns.saturating_sub(fixed + 1);
        let mut text = String::from(" ");
        for (column, cell) in self.columns.iter().zip(cells) {
            let wide = if column.width == 0 { rest } else { column.width };
            let cell = fit(cell, wide);
            let pad = " ".repeat(wide - width(&cell));
            match column.align {
                Align::Left => text.extend([cell.as_str(), pad.as_str(), " "]),
                Align::Right => text.extend([pad.as_str(), cell.as_str(), " "]),
            }
        }
        text
    }
}

/// The first row that is seen, so that the cursor is in the middle where possible.
pub(crate) fn first_seen(cursor: usize, len: usize, seen: usize) -> usize {
    cursor.saturating_sub(seen / 2).min(len.saturating_sub(seen))
}
