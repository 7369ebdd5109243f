use std::fmt;

/// Why a series cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeriesError {
    /// The bytes are no UTF-8.
    NoText,
    /// There is no row.
    Empty,
    /// A column is not there.
    NoColumn {
        /// Its name.
        name: &'static str,
        /// Columns that are there.
        found: String,
    },
    /// A cell is not what its column holds.
    Cell {
        /// The line, from 1.
        line: usize,
        /// The column.
        column: &'static str,
        /// What stands there; nothing where the row is too short.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// A row is before the one above it.
    Order {
        /// The line, from 1.
        line: usize,
    },
    /// A step of more rows than can be would be between two rows.
    Gap {
        /// The line after it, from 1.
        line: usize,
    },
    /// A text is no date.
    Date {
        /// The option.
        option: &'static str,
        /// The text.
        found: String,
    },
    /// Dates do not follow each other in the series.
    Dates {
        /// What was expected.
        expected: String,
    },
    /// There are not enough whole days.
    Short {
        /// Whole days that there are.
        days: usize,
        /// Days that are needed.
        needed: usize,
    },
}

impl fmt::Display for SeriesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoText => write!(f, "the series is no UTF-8 text; expected CSV with a header"),
            Self::Empty => {
                write!(f, "the series has no rows; expected CSV with a header and a row for each minute")
            }
            Self::NoColumn { name, found } => {
                write!(f, "the series has no column `{name}`; its columns are {found}")
            }
            Self::Cell { line, column, found, expected } => {
                write!(
                    f,
                    "line {line} of the series, column `{column}`: found `{found}`, expected {expected}"
                )
            }
            Self::Order { line } => {
                write!(f, "line {line} of the series is before the line above it; sort the rows by time")
            }
            Self::Gap { line } => write!(f, "before line {line} of the series a year or more is missing"),
            Self::Date { option, found } => {
                write!(f, "`{option}` is `{found}`, expected a date as 2017-12-01")
            }
            Self::Dates { expected } => {
                write!(f, "days of the splits do not follow each other: expected {expected}")
            }
            Self::Short { days, needed } => {
                write!(f, "the series has {days} whole days, expected at least {needed}")
            }
        }
    }
}

impl std::error::Error for SeriesError {}

/// Why a control is none.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlError {
    /// The number that is out of its range.
    pub argument: &'static str,
    /// What it is.
    pub found: f64,
    /// What it has to be.
    pub expected: &'static str,
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}, expected {}", self.argument, self.found, self.expected)
    }
}

impl std::error::Error for ControlError {}
