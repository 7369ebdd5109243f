//! Why a table cannot be read or written.

use attune_core::printable::{QUOTED, line};

/// Why a sensitivity table cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Something in a file.
    #[error("{file}{place}: {found}; expected {expected}")]
    Entry {
        /// Path of the file, as the message names it.
        file: String,
        /// `:7` for a line, `: groups[2]` for a part of a JSON, or nothing.
        place: String,
        /// What was found.
        found: String,
        /// What was expected, or what to do.
        expected: String,
    },
    /// A form has no place for something.
    #[error("a table of the form `{format}` cannot say {what}: {reason}")]
    Inexpressible {
        /// The form.
        format: &'static str,
        /// What it has no place for.
        what: String,
        /// Why, and what would work.
        reason: String,
    },
}

/// Something in a file that is wrong.
#[derive(Debug)]
pub(super) struct Fault {
    place: String,
    found: String,
    expected: String,
}

impl Fault {
    /// `place` is the number of a line or the path of a part; empty for the file as a whole.
    pub(super) fn new(
        place: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), found: found.into(), expected: expected.into() }
    }

    /// The fault as one of the file of that name.
    pub(super) fn of(self, file: &str) -> TableError {
        let place = match self.place.chars().next() {
            None => String::new(),
            Some(first) if first.is_ascii_digit() => format!(":{}", self.place),
            Some(_) => format!(": {}", self.place),
        };
        TableError::Entry {
            file: file.to_owned(),
            place: line(&place, QUOTED).into_owned(),
            // What a file says may be long, and need not be printable.
            found: line(&self.found, 4 * QUOTED).into_owned(),
            expected: line(&self.expected, 8 * QUOTED).into_owned(),
        }
    }
}

/// What is no JSON of this kind.
pub(super) fn json_fault(error: &serde_json::Error, expected: &str) -> Fault {
    let place = if error.line() > 0 { error.line().to_string() } else { String::new() };
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    Fault::new(place, message, expected)
}

/// Modules have no names here.
pub(super) fn unnamed(reason: &str) -> Fault {
    Fault::new("", format!("a table by names of modules, and {reason}"), "a CSV by dimensions")
}

/// Nothing that is measured.
pub(super) fn no_metric() -> Fault {
    Fault::new("", "a table of measured damages", "no table: all objectives of the study are costs")
}
