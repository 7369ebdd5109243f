//! Plots: in Braille where colour tells the kinds of points apart, in one sign per kind where there is none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::widgets::Widget as _;
use ratatui::widgets::canvas::{Canvas, Line, Points};

use super::axes::{self, Axis};
use super::scale::Scale;
use crate::theme::Theme;

/// What a plot shows, from the back to the front.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    /// Points, each a faint dot.
    Dots(Vec<(f64, f64)>),
    /// Points with a sign of their own.
    Signs(Vec<(f64, f64)>, char, Style),
    /// A dashed line across, with its name at the right end.
    Level(f64, String),
    /// A staircase: each value holds until the next one; the last until the right end.
    Stairs(Vec<(f64, f64)>, Style),
}

/// A plot with its axes.
pub(crate) struct Plot {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) layers: Vec<Layer>,
}

impl Plot {
    /// Draws it; nothing where there is no room.
    pub(crate) fn draw(&self, theme: Theme, area: Rect, buffer: &mut Buffer) {
        let Some(inner) = axes::draw(&self.x, &self.y, area, theme.faint(), buffer) else { return };
        let place = RunLocation { x: self.x.scale, y: self.y.scale, area: inner };
        if theme.colour {
            self.braille(theme, &place, buffer);
        }
        for layer in &self.layers {
            match layer {
                Layer::Dots(points) if !theme.colour => place.points(points, '·', theme.faint(), buffer),
                Layer::Signs(points, sign, style) => place.points(points, *sign, *style, buffer),
                Layer::Level(value, name) => place.level(*value, name, theme, buffer),
                Layer::Stairs(steps, style) if !theme.colour => place.stairs(steps, *style, buffer),
                Layer::Dots(_) | Layer::Stairs(..) => {}
            }
        }
    }

    /// Lines and dots, eight places to a cell.
    fn braille(&self, theme: Theme, place: &RunLocation, buffer: &mut Buffer) {
        let share = |point: &(f64, f64)| Some((place.x.share(point.0)?, place.y.share(point.1)?));
        let canvas = Canvas::default().marker(Marker::Braille).x_bounds([0.0, 1.0]).y_bounds([0.0, 1.0]);
        let canvas = canvas.paint(|context| {
            for layer in &self.layers {
                match layer {
                    Layer::Dots(points) => {
                        let coords: Vec<(f64, f64)> = points.iter().filter_map(share).collect();
                        context.draw(&Points { coords: &coords, color: Color::Reset });
                    }
                    Layer::Stairs(steps, style) => {
                        context.layer();
                        let color = style.fg.unwrap_or(Color::Reset);
                        let shares: Vec<(f64, f64)> = steps.iter().filter_map(share).collect();
                        for (at, &(x, y)) in shares.iter().enumerate() {
                            let next = shares.get(at + 1).copied().unwrap_or((1.0, y));
                            context.draw(&Line::new(x, y, next.0, y, color));
                            context.draw(&Line::new(next.0, y, next.0, next.1, color));
                        }
                    }
                    Layer::Signs(..) | Layer::Level(..) => {}
                }
            }
        });
        canvas.render(place.area, buffer);
        for position in place.area.positions() {
            if let Some(cell) = buffer.cell_mut(position).filter(|cell| cell.fg == Color::Reset) {
                cell.modifier.insert(theme.faint().add_modifier & Modifier::DIM);
            }
        }
    }
}

/// Where points are.
struct RunLocation {
    x: Scale,
    y: Scale,
    area: Rect,
}

impl RunLocation {
    fn column(&self, x: f64) -> Option<u16> {
        self.x.place(x, self.area.width)
    }

    fn row(&self, y: f64) -> Option<u16> {
        Some(self.area.height - 1 - self.y.place(y, self.area.height)?)
    }

    fn put(&self, column: u16, row: u16, sign: char, style: Style, buffer: &mut Buffer) {
        if let Some(cell) = buffer.cell_mut((self.area.x + column, self.area.y + row)) {
            cell.reset();
            cell.set_char(sign).set_style(style);
        }
    }

    fn points(&self, points: &[(f64, f64)], sign: char, style: Style, buffer: &mut Buffer) {
        for &(x, y) in points {
            if let (Some(column), Some(row)) = (self.column(x), self.row(y)) {
                self.put(column, row, sign, style, buffer);
            }
        }
    }

    /// Only where nothing else is.
    fn level(&self, y: f64, name: &str, theme: Theme, buffer: &mut Buffer) {
        let Some(row) = self.row(y) else { return };
        let free = |column: u16, buffer: &Buffer| {
            buffer
                .cell((self.area.x + column, self.area.y + row))
                .is_some_and(|cell| [" ", "⠀", "┄"].contains(&cell.symbol()))
        };
        for column in 0..self.area.width {
            if free(column, buffer) {
                self.put(column, row, '┄', theme.faint(), buffer);
            }
        }
        let name = format!(" {name}");
        let at = self.area.width.saturating_sub(super::width(&name) as u16);
        if (at..self.area.width).all(|column| free(column, buffer)) {
            buffer.set_string(self.area.x + at, self.area.y + row, name, theme.faint());
        }
    }

    fn stairs(&self, steps: &[(f64, f64)], style: Style, buffer: &mut Buffer) {
        let mut last: Option<u16> = None;
        let mut next = 0;
        let mut value = f64::NAN;
        for column in 0..self.area.width {
            while steps.get(next).is_some_and(|step| self.column(step.0).is_some_and(|at| at <= column)) {
                value = steps[next].1;
                next += 1;
            }
            let Some(row) = self.row(value) else { continue };
            let mut put = |row: u16, sign: char| self.put(column, row, sign, style, buffer);
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
}
