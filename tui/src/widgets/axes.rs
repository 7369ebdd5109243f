//! The axes of a plot: lines, numbers that do not touch each other, and what the numbers are.

use attune_core::format;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::scale::Scale;
use super::{fit, width};

/// One axis.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// What its numbers are, with their unit.
    pub(crate) name: String,
    pub(crate) scale: Scale,
    /// Numbers are written in multiples of this.
    unit: f64,
    /// Numbers are written without digits behind the point.
    whole: bool,
}

impl Axis {
    /// Plain numbers.
    pub(crate) fn new(name: &str, scale: Scale) -> Self {
        let log = if scale.is_log() { ", logarithmic" } else { "" };
        Self { name: format!("{name}{log}"), scale, unit: 1.0, whole: false }
    }

    /// Whole numbers.
    pub(crate) fn whole(name: &str, scale: Scale) -> Self {
        Self { whole: true, ..Self::new(name, scale) }
    }

    /// An amount in the largest unit that keeps its high end above one: `memory, MiB`.
    pub(crate) fn amount(name: &str, unit: &str, scale: Scale) -> Self {
        let largest = scale.high().abs();
        let (by, unit) = if unit == "bytes" {
            let names = ["B", "KiB", "MiB", "GiB", "TiB"];
            let step = (largest.max(1.0).log2() / 10.0).floor().clamp(0.0, 4.0);
            (1024_f64.powf(step), names[step as usize].to_owned())
        } else {
            let names = ["", "k ", "M ", "G "];
            let step = (largest.max(1.0).log10() / 3.0).floor().clamp(0.0, 3.0);
            // Small numbers need no prefix.
            let step = if largest < 1e4 { 0.0 } else { step };
            (1000_f64.powf(step), format!("{}{unit}", names[step as usize]))
        };
        let name = if unit.is_empty() { name.to_owned() } else { format!("{name}, {unit}") };
        Self { unit: by, ..Self::new(&name, scale) }
    }

    fn label(&self, share: f64) -> String {
        let value = self.scale.value(share) / self.unit;
        if self.whole { format!("{value:.0}") } else { format::short(value) }
    }

    /// `count` marks from the low end to the high one.
    fn marks(&self, count: usize) -> Vec<(f64, String)> {
        if self.scale.is_point() {
            return vec![(0.5, self.label(0.0))];
        }
        let share = |at: usize| at as f64 / (count - 1) as f64;
        (0..count).map(|at| (share(at), self.label(share(at)))).collect()
    }
}

/// Draws both axes and returns the place between them; `None` where there is no room for a plot.
pub(super) fn draw(x: &Axis, y: &Axis, area: Rect, faint: Style, buffer: &mut Buffer) -> Option<Rect> {
    let roomy = area.height >= 10;
    // The names have lines of their own where there are lines to spare.
    let above = u16::from(roomy);
    let between = |area: Rect| {
        // About where the axis will be: the gutter takes some of it.
        labels(x, 2, Some(&x.name), usize::from(area.width.saturating_sub(12)))
            .is_some_and(|texts| texts.len() == 3)
    };
    let under = roomy || (area.height >= 7 && !between(area));
    let below = if under { 3 } else { 2 };
    if area.height < 5 {
        return None;
    }
    let rows = area.height - above - below;
    let beside = y.marks(if rows >= 15 { 5 } else { 3 });
    let gutter = beside.iter().map(|mark| width(&mark.1)).max().unwrap_or(0) as u16 + 1;
    if area.width < gutter + 10 {
        return None;
    }
    let inner =
        Rect { x: area.x + gutter + 1, y: area.y + above, width: area.width - gutter - 2, height: rows };
    for row in inner.top()..inner.bottom() {
        buffer.set_string(inner.x - 1, row, "│", faint);
    }
    for (share, label) in beside {
        let row = inner.bottom() - 1 - (share * f64::from(inner.height - 1)).round() as u16;
        buffer.set_string(area.x, row, format!("{label:>wide$}", wide = usize::from(gutter) - 1), faint);
        buffer.set_string(inner.x - 1, row, "┤", faint);
    }
    buffer.set_string(inner.x - 1, inner.bottom(), format!("└{}", "─".repeat(inner.width.into())), faint);
    let room = usize::from(inner.width);
    if roomy {
        let name = fit(&y.name, usize::from(area.width));
        let at = (inner.x - 1).saturating_sub(width(&name) as u16 / 2).max(area.x);
        buffer.set_string(at, area.y, name, faint);
    }
    if under {
        let name = fit(&x.name, room);
        let at = inner.x + (room - width(&name)) as u16 / 2;
        buffer.set_string(at, inner.bottom() + 2, name, faint);
    }
    let below = [5, 3, 2].into_iter().find_map(|count| labels(x, count, (!under).then_some(&x.name), room));
    // Where not even the ends fit beside each other, the high end says most.
    let below =
        below.unwrap_or_else(|| vec![(room.saturating_sub(width(&x.label(1.0))), None, x.label(1.0))]);
    for (at, mark, text) in below {
        buffer.set_string(inner.x + at as u16, inner.bottom() + 1, text, faint);
        if let Some(mark) = mark {
            buffer.set_string(inner.x + mark as u16, inner.bottom(), "┴", faint);
        }
    }
    Some(inner)
}

/// Where texts begin, where their marks are, and the texts.
type Labels = Vec<(usize, Option<usize>, String)>;

/// `count` labels under an axis of `room` columns, and its name between the first two; `None` when they touch.
fn labels(axis: &Axis, count: usize, name: Option<&String>, room: usize) -> Option<Labels> {
    if name.is_some() && count > 2 {
        return None;
    }
    let mut texts = Labels::new();
    for (share, label) in axis.marks(count) {
        let mark = (share * (room.saturating_sub(1)) as f64).round() as usize;
        let at = mark.saturating_sub(width(&label) / 2).min(room.saturating_sub(width(&label)));
        texts.push((at, Some(mark), label));
    }
    if let (Some(name), true) = (name, texts.len() == 2) {
        let (from, to) = (texts[0].0 + width(&texts[0].2) + 2, texts[1].0.saturating_sub(2));
        if to >= from + width(name) {
            texts.insert(1, (from + (to - from - width(name)) / 2, None, name.clone()));
        }
    }
    let apart = texts.windows(2).all(|pair| pair[0].0 + width(&pair[0].2) + 2 <= pair[1].0);
    apart.then_some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(columns: u16, rows: u16) -> Vec<String> {
        let bytes = Scale::over([4_520_000.0, 5_160_000.0].into_iter(), false).unwrap();
        let kl = Scale::over([0.000_41, 0.000_72].into_iter(), false).unwrap();
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        let inner = draw(
            &Axis::amount("memory", "bytes", bytes),
            &Axis::new("kl", kl),
            area,
            Style::new(),
            &mut buffer,
        );
        assert!(inner.is_some());
        (0..rows).map(|row| (0..columns).map(|column| buffer[(column, row)].symbol()).collect()).collect()
    }

    #[test]
    fn numbers_never_touch_and_the_axes_have_names() {
        for columns in [22, 26, 29, 39, 60, 99] {
            for rows in [5, 9, 10, 20] {
                let text = drawn(columns, rows);
                let numbers: Vec<&String> = text.iter().filter(|line| line.contains("4.921")).collect();
                assert_eq!(numbers.len(), 1, "{columns}×{rows}: {text:#?}");
                let words = numbers[0].split_whitespace();
                let whole = words.filter(|word| word.starts_with('4') || word.starts_with('5'));
                assert!(whole.clone().all(|word| word.len() == 5), "{columns}×{rows}: {text:#?}");
            }
        }
        assert!(drawn(60, 12).join("\n").contains("memory, MiB"));
        assert!(drawn(60, 12)[0].contains("kl"));
        assert!(drawn(29, 8).join("\n").contains("memory, MiB"));
        assert!(drawn(39, 7).join("\n").contains("memory, MiB"));
    }
}
