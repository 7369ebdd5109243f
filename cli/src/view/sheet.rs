//! Tables in a given width: columns stand side by side while they fit and below one another when they do not, and a
//! number is never broken. Where names are too long even for that, every row is a list.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle};
use unicode_width::UnicodeWidthStr as _;

/// Columns between two cells, with those at both ends.
const PADDING: usize = 3;
/// Labels and texts are broken into no fewer columns than these.
const LEAST: usize = 20;

/// Rows under names of columns. The first column says what a row is about.
pub(crate) struct Sheet {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Columns after the first are numbers, to the right.
    Numbers,
    /// Words and numbers, to the left.
    Words,
    /// Things side by side, to the left, under labels that may be broken between their words.
    Sides,
    /// The last column is a text, which may be broken between its words.
    Text,
}

impl Sheet {
    /// A table of numbers.
    pub(crate) fn of_numbers(header: Vec<String>) -> Self {
        Self { header, rows: Vec::new(), kind: Kind::Numbers }
    }

    /// A table of words that are not to be broken either.
    pub(crate) fn of_words(header: Vec<String>) -> Self {
        Self { header, rows: Vec::new(), kind: Kind::Words }
    }

    /// A table of things side by side: they stay so where their labels keep room.
    pub(crate) fn of_sides(header: Vec<String>) -> Self {
        Self { header, rows: Vec::new(), kind: Kind::Sides }
    }

    /// A table whose last column is a text.
    pub(crate) fn with_text(header: Vec<String>) -> Self {
        Self { header, rows: Vec::new(), kind: Kind::Text }
    }

    /// Adds a row with a cell for every column.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table in lines of at most `columns` columns, where its widest number and its first column allow.
    pub(crate) fn render(&self, columns: usize) -> String {
        let all: Vec<usize> = (0..self.header.len()).collect();
        if self.kind == Kind::Text {
            let names: usize = (0..self.header.len() - 1).map(|column| self.widest(column)).sum();
            return if names + LEAST <= columns { self.squeezed(&all, columns) } else { self.lists(columns) };
        }
        if (1..self.header.len()).any(|column| self.least_names() + self.widest(column) > columns) {
            return self.lists(columns);
        }
        if self.kind == Kind::Sides && self.labels_have(columns) {
            let whole = self.whole(&all);
            return if wide(&whole) <= columns { whole } else { self.squeezed(&all, columns) };
        }
        let mut blocks: Vec<Vec<usize>> = Vec::new();
        for column in 1..self.header.len() {
            match blocks.last_mut() {
                Some(block) if wide(&self.whole(&[block.as_slice(), &[column]].concat())) <= columns => {
                    block.push(column);
                }
                _ => blocks.push(vec![0, column]),
            }
        }
        let drawn = blocks.iter().map(|block| {
            let whole = self.whole(block);
            if wide(&whole) <= columns { whole } else { self.squeezed(block, columns) }
        });
        drawn.collect::<Vec<_>>().join("\n\n")
    }

    /// Whether everything but the labels leaves them room in so many columns.
    fn labels_have(&self, columns: usize) -> bool {
        (1..self.header.len()).map(|column| self.widest(column)).sum::<usize>() + LEAST <= columns
    }

    /// Columns that a column takes.
    fn widest(&self, column: usize) -> usize {
        let cells = std::iter::once(&self.header).chain(&self.rows).map(|row| wide(&row[column]));
        cells.max().unwrap_or(0) + PADDING
    }

    /// Columns that the first column takes at least: a name among words is not broken, others are.
    fn least_names(&self) -> usize {
        let whole = self.widest(0);
        if self.kind == Kind::Words { whole } else { whole.min(LEAST) }
    }

    /// Every row as a list under its first cell.
    fn lists(&self, columns: usize) -> String {
        let names = self.header.iter().skip(1).map(|name| name.width()).max().unwrap_or(0);
        let mut lines: Vec<String> = Vec::new();
        for row in &self.rows {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(row[0].clone());
            for (name, cell) in self.header.iter().zip(row).skip(1) {
                let gap = names - name.width() + 2;
                // A list has a line for a cell.
                let cell = cell.replace('\n', ", ");
                let beside = format!("  {name}{}{cell}", " ".repeat(gap));
                let below = beside.width() > columns && self.kind != Kind::Text;
                lines.push(if below { format!("  {name}\n    {cell}") } else { beside });
            }
        }
        lines.join("\n")
    }

    fn whole(&self, columns: &[usize]) -> String {
        text(&self.table(columns))
    }

    /// The same with one column broken into lines: the text at the end, or else the names in front.
    fn squeezed(&self, columns: &[usize], width: usize) -> String {
        let mut table = self.table(columns);
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(width).unwrap_or(u16::MAX));
        let broken = if self.kind == Kind::Text { columns.len() - 1 } else { 0 };
        let others = table.column_iter_mut().enumerate().filter(|(index, _)| *index != broken);
        others.for_each(|(_, column)| {
            column.set_constraint(ColumnConstraint::ContentWidth);
        });
        text(&table)
    }

    fn table(&self, columns: &[usize]) -> Table {
        const RULE: LineStyle = LineStyle::none().fill('─').junction('─');
        let cells = |row: &[String]| columns.iter().map(|&column| row[column].clone()).collect::<Vec<_>>();
        let mut table = Table::new();
        table.load_style(TableStyle::new().header_separator(RULE)).set_header(cells(&self.header));
        self.rows.iter().for_each(|row| {
            table.add_row(cells(row));
        });
        if let Some(first) = table.column_mut(0) {
            first.set_padding((0, 1));
        }
        if self.kind == Kind::Numbers {
            let numbers = table.column_iter_mut().skip(1);
            numbers.for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        }
        table
    }
}

fn text(table: &Table) -> String {
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn wide(text: &str) -> usize {
    text.lines().map(|line| line.width()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Sheet {
        let name = |text: &str| text.to_owned();
        let mut sheet =
            Sheet::of_numbers(["", "cost", "kl", "perplexity", "Δ kl", "Δ perplexity"].map(name).to_vec());
        sheet.row(
            [
                "dense",
                "7.827 MiB",
                "0.0000",
                "3.283",
                "+0.2927 [+0.2715, +0.3147]",
                "+1.042 [+0.9489, +1.144]",
            ]
            .map(name)
            .to_vec(),
        );
        sheet.row(["found (trial 332)", "4.447 MiB", "0.2927", "4.326", "–", "–"].map(name).to_vec());
        sheet
    }

    #[test]
    fn a_number_is_whole_at_every_width() {
        for columns in 48..140 {
            let text = numbers().render(columns);
            assert!(wide(&text) <= columns, "{columns} columns:\n{text}");
            for number in ["7.827 MiB", "+0.2927 [+0.2715, +0.3147]", "+1.042 [+0.9489, +1.144]", "4.326"] {
                assert!(text.contains(number), "{columns} columns break {number}:\n{text}");
            }
        }
        // Narrower than its numbers are, it is a list, and they are still whole.
        assert!(numbers().render(40).contains("+0.2927 [+0.2715, +0.3147]"));
    }

    #[test]
    fn columns_that_do_not_fit_go_below_under_their_rows() {
        assert_eq!(numbers().render(120).lines().count(), 4);
        let narrow = numbers().render(80);
        assert_eq!(narrow.matches("found (trial 332)").count(), 2, "{narrow}");
        assert!(
            narrow
                .lines()
                .next()
                .is_some_and(|header| header.contains("perplexity") && !header.contains("Δ kl"))
        );
    }

    #[test]
    fn rows_with_long_names_are_lists() {
        let name = "a-study-with-a-name-that-somebody-made-of-every-option";
        let mut sheet = Sheet::of_words(["study", "model", "found"].map(str::to_owned).to_vec());
        sheet.row([name, "tiny-moe", "kl 0.2927"].map(str::to_owned).to_vec());
        let text = sheet.render(60);
        assert_eq!(text, format!("{name}\n  model  tiny-moe\n  found  kl 0.2927"));
        assert!(sheet.render(80).contains("───"));
    }

    #[test]
    fn a_cell_of_several_lines_is_as_wide_as_the_widest_and_one_line_of_a_list() {
        let name = |text: &str| text.to_owned();
        let mut sheet = Sheet::with_text(["target", "loaded by", "edits"].map(name).to_vec());
        sheet.row(["hf", "Transformers\nvLLM\nSGLang", "keep-experts"].map(name).to_vec());
        assert!(sheet.render(60).contains("───"), "{}", sheet.render(60));
        assert!(sheet.render(30).contains("  loaded by  Transformers, vLLM, SGLang"), "{}", sheet.render(30));
    }

    #[test]
    fn a_text_is_broken_between_its_words() {
        let name = |text: &str| text.to_owned();
        let mut sheet = Sheet::with_text(["technique", "version", "what it does"].map(name).to_vec());
        sheet.row(
            [
                "kv-bits",
                "0.1.0",
                "how many bits the keys and values of every layer get, under an average that they keep",
            ]
            .map(name)
            .to_vec(),
        );
        let text = sheet.render(60);
        assert!(wide(&text) <= 60 && text.contains("0.1.0"), "{text}");
        assert!(text.split_whitespace().any(|word| word == "average"), "{text}");
    }
}
