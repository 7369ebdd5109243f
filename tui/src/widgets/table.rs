//! Tables. Only the rows that are seen are made, so their number does not matter.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::seen::{self, Target};
use super::{fit, width};
use crate::theme::Theme;

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// One column. It is as wide as what stands in it where there is room. Where there is none, texts at the left are cut, but
/// those of a column of width 0 to 24 at most; numbers never are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column<'a> {
    pub(crate) name: &'a str,
    /// Its usual width. 0 takes what the others leave.
    pub(crate) width: usize,
    pub(crate) align: Align,
    /// Left out where there is no room.
    optional: bool,
}

impl<'a> Column<'a> {
    pub(crate) fn left(name: &'a str, width: usize) -> Self {
        Self { name, width, align: Align::Left, optional: false }
    }

    pub(crate) fn right(name: &'a str, width: usize) -> Self {
        Self { name, width, align: Align::Right, optional: false }
    }

    /// The same column, which a narrow table does without.
    pub(crate) fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// What it cannot do with less than.
    fn least(&self, natural: usize) -> usize {
        match self.align {
            Align::Left if self.width == 0 => natural.min(24),
            Align::Left => natural.min(8),
            Align::Right => natural,
        }
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
        let names: Vec<String> = self.columns.iter().map(|column| column.name.to_owned()).collect();
        let seen = usize::from(area.height).saturating_sub(1);
        let first = first_seen(self.cursor.unwrap_or(0), self.len, seen);
        let rows: Vec<(Vec<String>, Style)> = (first..self.len.min(first + seen)).map(&mut row).collect();
        let cells = rows.iter().map(|row| row.0.as_slice());
        let widths = widths(self.columns, cells, usize::from(area.width).saturating_sub(1));
        let mut lines = vec![Line::styled(format!(" {}", self.line(&names, &widths)), theme.faint())];
        for (at, (cells, style)) in rows.iter().enumerate() {
            let chosen = self.cursor == Some(first + at);
            let style = if chosen { style.patch(theme.chosen()) } else { *style };
            // The mark says the same as the reversed line, for terminals that show no styles.
            let mark = if chosen { "›" } else { " " };
            lines.push(Line::from(vec![
                Span::styled(mark, style),
                Span::styled(self.line(cells, &widths), style),
            ]));
        }
        frame.render_widget(Paragraph::new(lines), area);
        if self.cursor.is_some() {
            self.places(area, |position| Target::Lines(position as i64 - self.cursor.unwrap_or(0) as i64));
        }
    }

    /// Says what a click on each row that was drawn in `area` does.
    pub(crate) fn places(&self, area: Rect, target: impl Fn(usize) -> Target) {
        let seen = usize::from(area.height).saturating_sub(1);
        let first = first_seen(self.cursor.unwrap_or(0), self.len, seen);
        for (row, position) in (area.y + 1..).zip(first..self.len.min(first + seen)) {
            seen::place(Rect { y: row, height: 1, ..area }, target(position));
        }
    }

    fn line(&self, cells: &[String], widths: &[Option<usize>]) -> String {
        let mut text = String::new();
        for ((column, cell), wide) in self.columns.iter().zip(cells).zip(widths) {
            let Some(wide) = *wide else { continue };
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

/// The widths of columns with these cells in `room`; `None` is left out.
fn widths<'a>(
    columns: &[Column<'_>],
    rows: impl Iterator<Item = &'a [String]>,
    room: usize,
) -> Vec<Option<usize>> {
    let mut natural: Vec<usize> = columns.iter().map(|column| width(column.name)).collect();
    for row in rows {
        natural.iter_mut().zip(row).for_each(|(widest, cell)| *widest = (*widest).max(width(cell)));
    }
    let mut widths: Vec<Option<usize>> =
        columns.iter().zip(&natural).map(|(column, natural)| Some(column.width.max(*natural))).collect();
    let taken = |widths: &[Option<usize>]| widths.iter().flatten().map(|wide| wide + 1).sum::<usize>();
    let least = |at: usize| columns[at].least(natural[at]);
    // What can be done without goes before anything becomes unreadable.
    loop {
        let smallest: usize =
            (0..columns.len()).filter(|at| widths[*at].is_some()).map(|at| least(at) + 1).sum();
        let last = (0..columns.len()).rev().find(|at| widths[*at].is_some() && columns[*at].optional);
        match last {
            Some(last) if smallest > room => widths[last] = None,
            _ => break,
        }
    }
    // Then room that no text takes is given up, and the widest texts are cut: first to their usual width, then those that have one as far as can be read.
    let full = |at: usize| natural[at];
    let usual = |at: usize| match columns[at].width {
        0 => least(at),
        width => width.max(least(at)).min(natural[at]),
    };
    for floor in [&full as &dyn Fn(usize) -> usize, &usual, &least] {
        while taken(&widths) > room {
            let widest = (0..columns.len())
                .filter(|at| widths[*at].is_some_and(|wide| wide > floor(*at)))
                .max_by_key(|at| widths[*at]);
            let Some(wide) = widest.and_then(|at| widths[at].as_mut()) else { break };
            *wide -= 1;
        }
    }
    let left = room.saturating_sub(taken(&widths));
    let rest = (0..columns.len()).find(|at| columns[*at].width == 0);
    if let Some(wide) = rest.and_then(|at| widths[at].as_mut()) {
        *wide += left;
    }
    widths
}

/// The first row that is seen, so that the cursor is in the middle where possible.
pub(crate) fn first_seen(cursor: usize, len: usize, seen: usize) -> usize {
    cursor.saturating_sub(seen / 2).min(len.saturating_sub(seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(room: usize) -> Vec<Option<usize>> {
        let columns = [
            Column::left("study", 0),
            Column::left("technique", 12).optional(),
            Column::left("state", 8),
            Column::right("best", 6),
        ];
        let row =
            ["a-study-with-a-long-name", "attention-spans", "finished", "kl 0.0004127"].map(str::to_owned);
        widths(&columns, [row.as_slice()].into_iter(), room)
    }

    #[test]
    fn columns_take_the_room_that_there_is_and_names_stay() {
        assert_eq!(of(80), [Some(24 + 17), Some(15), Some(8), Some(12)]);
        assert_eq!(of(60), [Some(24), Some(12), Some(8), Some(12)], "first others are cut");
        assert_eq!(of(50), [Some(27), None, Some(8), Some(12)], "then left out");
        assert_eq!(of(30), [Some(24), None, Some(8), Some(12)], "and the name and numbers are whole");
    }
}
