//! Plots in characters: every kind of point has its own sign, so they read without colour.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// How numbers become places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

impl Scale {
    /// A scale over the finite ones of `values`; logarithmic when `log` is allowed and they span much.
    pub(crate) fn over(values: impl Iterator<Item = f64>, log: bool) -> Option<Self> {
        let finite = values.filter(|value| value.is_finite());
        let (low, high) = finite
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            return None;
        }
        Some(Self { low, high, log: log && low > 0.0 && high / low > 8.0 })
    }

    pub(crate) fn low(self) -> f64 {
        self.low
    }

    pub(crate) fn high(self) -> f64 {
        self.high
    }

    /// Whether a scale that holds this value too is at most three times as long; a scale of one value holds any.
    pub(crate) fn reaches(self, value: f64) -> bool {
        let length = self.high - self.low;
        length == 0.0 || (self.low - 2.0 * length..=self.high + 2.0 * length).contains(&value)
    }

    /// The place of a value among `places`, from the low end.
    fn place(self, value: f64, places: u16) -> Option<u16> {
        let turn = |value: f64| if self.log { value.ln() } else { value };
        let share = if self.high > self.low {
            (turn(value) - turn(self.low)) / (turn(self.high) - turn(self.low))
        } else {
            0.5
        };
        let last = places.checked_sub(1)?;
        (0.0..=1.0).contains(&share).then(|| (share * f64::from(last)).round() as u16)
    }
}

/// A sign and how it looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) sign: char,
    pub(crate) style: Style,
}

/// A plot with labels at the ends of its axes.
pub(crate) struct Plot {
    x: Scale,
    y: Scale,
    area: Rect,
}

impl Plot {
    /// Draws the axes, each with its low and high end as texts; `None` when there is no room for a plot.
    pub(crate) fn new(
        x: (Scale, (String, String)),
        y: (Scale, (String, String)),
        area: Rect,
        faint: Style,
        buffer: &mut Buffer,
    ) -> Option<Self> {
        let gutter = super::width(&y.1.0).max(super::width(&y.1.1)) as u16 + 1;
        if area.width < gutter + 8 || area.height < 4 {
            return None;
        }
        let inner = Rect {
            x: area.x + gutter + 1,
            y: area.y,
            width: area.width - gutter - 2,
            height: area.height - 2,
        };
        for row in inner.top()..inner.bottom() {
            buffer.set_string(inner.x - 1, row, "│", faint);
        }
        buffer.set_string(inner.x - 1, inner.bottom(), "└", faint);
        buffer.set_string(inner.x, inner.bottom(), "─".repeat(inner.width.into()), faint);
        let right_aligned = |text: &str| format!("{text:>wide$}", wide = usize::from(gutter) - 1);
        buffer.set_string(area.x, inner.top(), right_aligned(&y.1.1), faint);
        buffer.set_string(area.x, inner.bottom() - 1, right_aligned(&y.1.0), faint);
        buffer.set_string(inner.x, inner.bottom() + 1, &x.1.0, faint);
        let at = inner.right().saturating_sub(super::width(&x.1.1) as u16);
        buffer.set_string(at, inner.bottom() + 1, &x.1.1, faint);
        Some(Self { x: x.0, y: y.0, area: inner })
    }

    /// Puts a sign at a point.
    pub(crate) fn point(&self, x: f64, y: f64, mark: Mark, buffer: &mut Buffer) {
        if let (Some(column), Some(row)) = (self.column(x), self.row(y)) {
            self.put(column, row, mark, buffer);
        }
    }

    /// A dashed line across, with its name at the right end.
    pub(crate) fn level(&self, y: f64, name: &str, style: Style, buffer: &mut Buffer) {
        let Some(row) = self.row(y) else { return };
        (0..self.area.width).for_each(|column| self.put(column, row, Mark { sign: '┄', style }, buffer));
        let at = self.area.width.saturating_sub(super::width(name) as u16);
        buffer.set_string(self.area.x + at, self.area.y + row, name, style);
    }

    /// A staircase: each value holds until the next one; the last until the right end.
    pub(crate) fn stairs(&self, steps: &[(f64, f64)], style: Style, buffer: &mut Buffer) {
        let mut last: Option<u16> = None;
        let mut next = 0;
        let mut value = f64::NAN;
        for column in 0..self.area.width {
            while steps.get(next).is_some_and(|step| self.column(step.0).is_some_and(|at| at <= column)) {
                value = steps[next].1;
                next += 1;
            }
            let Some(row) = self.row(value) else { continue };
            let mut put = |row: u16, sign: char| self.put(column, row, Mark { sign, style }, buffer);
            match last {
                Some(from) if from < row => {
                    put(from, '┐');
                    (from + 1..row).for_each(|between| put(between, '│'));
                    put(row, '└');
                }
                Some(from) if from > row => {
                    put(from, '┘');
                    (row + 1..from).for_each(|between| put(between, '│'));
                    put(row, '┌');
                }
                _ => put(row, '─'),
            }
            last = Some(row);
        }
    }

    fn column(&self, x: f64) -> Option<u16> {
        self.x.place(x, self.area.width)
    }

    fn row(&self, y: f64) -> Option<u16> {
        Some(self.area.height - 1 - self.y.place(y, self.area.height)?)
    }

    fn put(&self, column: u16, row: u16, mark: Mark, buffer: &mut Buffer) {
        if let Some(cell) = buffer.cell_mut((self.area.x + column, self.area.y + row)) {
            cell.set_char(mark.sign).set_style(mark.style);
        }
    }
}
