//! A table of numbers in any width: columns that do not fit beside each other stand below each other, with the names of
//! the rows again. Nothing is cut.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{fit, width};

/// One column: its head and a cell for each row.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    pub(crate) head: String,
    pub(crate) cells: Vec<String>,
}

/// A table whose rows have names and styles.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    /// Head of the names.
    pub(crate) head: String,
    pub(crate) names: Vec<(String, Style)>,
    pub(crate) columns: Vec<Cells>,
}

impl Blocks {
    /// The table in lines of at most `room` columns, an empty one between blocks.
    pub(crate) fn lines(&self, head: Style, room: usize) -> Vec<Line<'static>> {
        let all = self.names.iter().map(|(name, _)| name).chain([&self.head]);
        let names = all.map(|name| width(name)).max().unwrap_or(0);
        let wide = |column: &Cells| {
            column.cells.iter().chain([&column.head]).map(|cell| width(cell)).max().unwrap_or(0)
        };
        let widest = self.columns.iter().map(wide).max().unwrap_or(0);
        let names = names.min(room.saturating_sub(widest + 3));
        let mut lines = Vec::new();
        let mut rest = self.columns.as_slice();
        while !rest.is_empty() {
            let mut used = names + 1;
            let fits = rest.iter().take_while(|column| {
                used += 2 + wide(column);
                used <= room
            });
            let (block, after) = rest.split_at(fits.count().max(1));
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            let row = |name: &str, style: Style, cell: &dyn Fn(&Cells) -> String| {
                let name = fit(name, names);
                let mut text = format!(" {name}{}", " ".repeat(names - width(&name)));
                for column in block {
                    let cell = cell(column);
                    text.push_str(&" ".repeat(2 + wide(column) - width(&cell)));
                    text.push_str(&cell);
                }
                Line::from(Span::styled(text, style))
            };
            lines.push(row(&self.head, head, &|column| column.head.clone()));
            lines.extend(self.names.iter().enumerate().map(|(at, (name, style))| {
                row(name, *style, &|column| column.cells.get(at).cloned().unwrap_or_default())
            }));
            rest = after;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(room: usize) -> Vec<String> {
        let column = |head: &str, cell: &str| Cells { head: head.into(), cells: vec![cell.into()] };
        let blocks = Blocks {
            head: String::new(),
            names: vec![("dense".into(), Style::new())],
            columns: vec![column("cost", "7.827 MiB"), column("Δ kl", "+0.1 [+0.05, +0.15]")],
        };
        blocks.lines(Style::new(), room).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_does_not_fit_stands_below() {
        assert_eq!(
            text(40),
            ["             cost                 Δ kl", " dense  7.827 MiB  +0.1 [+0.05, +0.15]"]
        );
        let narrow = text(30);
        assert_eq!(narrow[1], " dense  7.827 MiB");
        assert_eq!(narrow[4], " dense  +0.1 [+0.05, +0.15]");
        assert!(text(22).iter().any(|line| line.contains("+0.1 [+0.05, +0.15]")), "numbers are never cut");
    }
}
