//! The rows of a CSV, and which column is which.

use std::collections::BTreeSet;

use super::super::error::Fault;
use super::super::number::listed;
use super::super::plain::{CHOICE, DAMAGE, DIMENSION, LOSS, METRIC, MODULES, REFERENCE};
use super::super::rows;
use super::EXPECTED;

/// What else a column may be called.
const OTHER_NAMES: [(&str, &str); 2] = [(MODULES, "module"), (CHOICE, "bits")];

/// A row.
pub(super) struct Row {
    /// The line that it begins in.
    pub(super) line: u64,
    fields: Vec<String>,
}

impl Row {
    /// The place for messages.
    pub(super) fn place(&self) -> String {
        self.line.to_string()
    }
}

/// A CSV.
pub(super) struct Sheet {
    columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

impl Sheet {
    pub(super) fn read(text: &str) -> Result<Self, Fault> {
        let mut rows = rows::read(text).into_iter().map(|(line, fields)| Row { line, fields });
        let Some(Row { line, fields: columns }) = rows.next() else {
            return Err(Fault::new("", "nothing", EXPECTED));
        };
        let rows: Vec<Row> = rows.collect();
        let place = line.to_string();
        if let [one] = columns.as_slice()
            && let Some(mark) = [';', '\t'].into_iter().find(|mark| one.contains(*mark))
        {
            let found = format!("columns that are separated by {mark:?}");
            return Err(Fault::new(
                place,
                found,
                "commas between columns; save it as comma-separated values",
            ));
        }
        let mut named = BTreeSet::new();
        for column in columns.iter().filter(|column| !column.is_empty()) {
            if !named.insert(column) {
                return Err(Fault::new(place, format!("column `{column}` twice"), "each column once"));
            }
        }
        if let Some(row) = rows.iter().find(|row| row.fields.len() != columns.len()) {
            let found = format!("{} columns", row.fields.len());
            let expected = format!("{}, as the first line has; quote texts that hold commas", columns.len());
            return Err(Fault::new(row.place(), found, expected));
        }
        let sheet = Self { columns, rows };
        let needed = [
            (sheet.column(DIMENSION).or(sheet.column(MODULES)).is_some(), "`dimension`, or `module`"),
            (sheet.column(CHOICE).is_some(), "`choice`"),
            (sheet.column(DAMAGE).or(sheet.column(LOSS)).is_some(), "`damage`, or `loss`"),
        ];
        if let Some((_, missing)) = needed.iter().find(|(there, _)| !there) {
            let found = format!("the columns {}, and no {missing}", listed(&sheet.columns));
            return Err(Fault::new(place, found, EXPECTED));
        }
        if sheet.rows.is_empty() {
            return Err(Fault::new(place, "names of columns and no row", "a row for each choice"));
        }
        Ok(sheet)
    }

    pub(super) fn has_dimensions(&self) -> bool {
        self.column(DIMENSION).is_some()
    }

    /// Where a column stands.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        let other = OTHER_NAMES.iter().find(|(known, _)| *known == name).map(|(_, other)| *other);
        let find = |name: &str| self.columns.iter().position(|column| column == name);
        find(name).or_else(|| find(other?))
    }

    /// What a row says in a column; nothing where it is empty or there is no such column.
    pub(super) fn get<'a>(&self, row: &'a Row, column: &str) -> Option<&'a str> {
        row.fields.get(self.column(column)?).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The same where a row has to say something.
    pub(super) fn need<'a>(&self, row: &'a Row, column: &str, expected: &str) -> Result<&'a str, Fault> {
        self.get(row, column)
            .ok_or_else(|| Fault::new(row.place(), format!("nothing in the column `{column}`"), expected))
    }

    /// A finite number; nothing where it is empty or there is no such column.
    pub(super) fn number(&self, row: &Row, column: &str) -> Result<Option<f64>, Fault> {
        let Some(text) = self.get(row, column) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => {
                Err(Fault::new(row.place(), format!("`{column}` is `{text}`"), "a finite number, as 0.0125"))
            }
        }
    }

    /// Whether the row is of the reference; nothing where it is empty or there is no such column.
    pub(super) fn is_reference(&self, row: &Row) -> Result<bool, Fault> {
        match self.get(row, REFERENCE).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(other) => {
                let found = format!("`{REFERENCE}` is `{other}`");
                Err(Fault::new(row.place(), found, "true or false"))
            }
        }
    }

    /// The place of the objective that a row is of: the first that evaluating tells, where the file does not say.
    pub(super) fn objective(&self, row: &Row, objectives: &[(String, bool)]) -> Result<usize, Fault> {
        let measured: Vec<(usize, &str)> = objectives
            .iter()
            .enumerate()
            .filter(|(_, (_, measured))| *measured)
            .map(|(number, (name, _))| (number, name.as_str()))
            .collect();
        let names = || listed(measured.iter().map(|(_, name)| format!("`{name}`")));
        let Some(found) = self.get(row, METRIC) else {
            let none =
                || Fault::new(row.place(), "a damage", "nothing: all objectives of the study are costs");
            return measured.first().map(|(number, _)| *number).ok_or_else(none);
        };
        measured.iter().find(|(_, name)| *name == found).map(|(number, _)| *number).ok_or_else(|| {
            let expected = format!(
                "{}, which the study measures; leave the column out to take its numbers for that all the same",
                names()
            );
            Fault::new(row.place(), format!("`{METRIC}` is `{found}`"), expected)
        })
    }
}
