//! Arguments of edits: names, types, ranges.

use std::fmt;

use crate::options::OptionValue;

/// One argument of an edit.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Name in plans.
    pub name: String,
    /// What it accepts.
    pub kind: ArgumentKind,
    /// What it is, with its unit, for `docs/edits.md` and screens.
    pub help: String,
    /// What its absence means; `None` where it has to be given.
    pub absent: Option<String>,
}

/// What an argument accepts.
#[derive(Clone, Debug, PartialEq)]
pub enum ArgumentKind {
    /// A whole number in an inclusive range.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// One of these whole numbers.
    Level(Vec<i64>),
    /// A finite real number in an inclusive range.
    Real {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// Whole numbers without order or repetition, each from 0 to `max`.
    Set {
        /// Largest.
        max: i64,
    },
    /// Whole numbers whose order counts: an order of things, or one number for each of them.
    Ints {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// The fewest that there are.
        least: u32,
        /// The most, never more than [`LONGEST_LIST`].
        most: u32,
    },
    /// Finite real numbers.
    Reals,
    /// Finite real numbers, row by row, in as many rows as another argument says.
    Matrix {
        /// The argument with the number of rows.
        rows: String,
    },
    /// One of these words.
    Word(Vec<String>),
}

/// The most numbers of a list whose order counts.
pub const LONGEST_LIST: u32 = 1 << 20;

/// The largest count: what fits into 32 bits.
const MAX: i64 = u32::MAX as i64;

impl Argument {
    /// An argument that has to be given.
    pub fn new(name: &str, kind: ArgumentKind, help: &str) -> Self {
        Self { name: name.to_owned(), kind, help: help.to_owned(), absent: None }
    }

    /// A whole number from 0.
    pub fn count(name: &str, help: &str) -> Self {
        Self::new(name, ArgumentKind::Int { min: 0, max: MAX }, help)
    }

    /// A finite real number.
    pub fn real(name: &str, help: &str) -> Self {
        Self::new(name, ArgumentKind::Real { min: f64::MIN, max: f64::MAX }, help)
    }

    /// Whole numbers from 0 without order or repetition.
    pub fn set(name: &str, help: &str) -> Self {
        Self::new(name, ArgumentKind::Set { max: MAX }, help)
    }

    /// Whole numbers from `min` to `max` whose order counts.
    pub fn ints(name: &str, min: i64, max: i64, help: &str) -> Self {
        Self::new(name, ArgumentKind::Ints { min, max, least: 0, most: LONGEST_LIST }, help)
    }

    /// Finite real numbers.
    pub fn reals(name: &str, help: &str) -> Self {
        Self::new(name, ArgumentKind::Reals, help)
    }

    /// Rows of finite real numbers.
    pub fn matrix(name: &str, rows: &str, help: &str) -> Self {
        Self::new(name, ArgumentKind::Matrix { rows: rows.to_owned() }, help)
    }

    /// One of these whole numbers.
    pub fn level(name: &str, levels: impl IntoIterator<Item = u32>, help: &str) -> Self {
        Self::new(name, ArgumentKind::Level(levels.into_iter().map(i64::from).collect()), help)
    }

    /// One of `words`.
    pub fn word<'a>(name: &str, words: impl IntoIterator<Item = &'a str>, help: &str) -> Self {
        Self::new(name, ArgumentKind::Word(words.into_iter().map(str::to_owned).collect()), help)
    }

    /// May be left out; then it means `meaning`.
    #[must_use]
    pub fn optional(mut self, meaning: &str) -> Self {
        self.absent = Some(meaning.to_owned());
        self
    }

    /// Whether it is one whole number, which a [`Requirement`](super::Requirement) can be about.
    pub fn is_whole(&self) -> bool {
        matches!(self.kind, ArgumentKind::Int { .. } | ArgumentKind::Level(_))
    }

    /// A number for `value` that orders edits: a count, or the position of a word.
    pub(super) fn number(&self, value: &OptionValue) -> u64 {
        match (&self.kind, value) {
            (ArgumentKind::Word(words), OptionValue::Text(word)) => {
                words.iter().position(|known| known == word).unwrap_or(words.len()) as u64
            }
            (_, OptionValue::Int(number)) => u64::try_from(*number).unwrap_or(0),
            _ => 0,
        }
    }

    /// How many numbers [`Self::number`] gives.
    pub(super) fn numbers(&self) -> u64 {
        match &self.kind {
            ArgumentKind::Word(words) => words.len() as u64,
            _ => 1 << 32,
        }
    }
}

impl fmt::Display for ArgumentKind {
    /// What is expected, as messages say it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Real { min, max } if *min == f64::MIN && *max == f64::MAX => {
                write!(f, "a finite real number")
            }
            Self::Real { min, max } => write!(f, "a real number from {min} to {max}"),
            Self::Level(levels) => {
                write!(f, "one of {}", levels.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::Set { max } => write!(f, "a list of whole numbers from 0 to {max}"),
            Self::Ints { min, max, least: 0, most: LONGEST_LIST } => {
                write!(f, "a list of whole numbers from {min} to {max}")
            }
            Self::Ints { min, max, least, most } if least == most => {
                write!(f, "a list of {most} whole numbers from {min} to {max}")
            }
            Self::Ints { min, max, least, most } => {
                write!(f, "a list of {least} to {most} whole numbers from {min} to {max}")
            }
            Self::Reals => write!(f, "a list of finite real numbers"),
            Self::Matrix { .. } => {
                write!(f, "finite real numbers, equally many (at least one) for each of its rows")
            }
            Self::Word(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}
