//! What can be wrong with a profile.

use ron::error::{Error as RonError, SpannedError};

use crate::suggest::hint;

/// A profile that cannot be used. Every message names the file and the place in it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// Not RON, or not of this shape.
    #[error("{file}:{line}:{column}: {problem}")]
    Syntax {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was found and what was expected.
        problem: String,
    },
    /// No version, or one that this build does not read.
    #[error("{file}: version is {found}, expected 1; {advice}")]
    Version {
        /// The file.
        file: String,
        /// What was found.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// A value without meaning.
    #[error("{file}: {path} is {found}, expected {expected}")]
    Invalid {
        /// The file.
        file: String,
        /// Path inside it, for example `technique.options["keep"]`.
        path: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// `--set` with a key that profiles do not have.
    #[error("--set {key}: there is no such key in a profile{hint}")]
    UnknownKey {
        /// What was given.
        key: String,
        /// Nearest known key, ready to print.
        hint: String,
    },
    /// `--set` with a value that does not parse.
    #[error("--set {key}={value}: {problem}")]
    BadValue {
        /// The key.
        key: String,
        /// The value as given.
        value: String,
        /// What was expected.
        problem: String,
    },
}

impl ProfileError {
    pub(super) fn syntax(file: &str, error: SpannedError) -> Self {
        let start = error.span.start;
        let problem = problem(&error.code);
        Self::Syntax { file: file.to_owned(), line: start.line, column: start.col, problem }
    }
}

/// A RON error in words, with the nearest known name where one was expected.
pub(super) fn problem(code: &RonError) -> String {
    match code {
        RonError::NoSuchStructField { expected, found, .. } => {
            format!(
                "unknown key `{found}`{}; known here: {}",
                hint(found, expected.iter().copied()),
                expected.join(", ")
            )
        }
        RonError::NoSuchEnumVariant { expected, found, .. } => {
            format!(
                "unknown word `{found}`{}; known here: {}",
                hint(found, expected.iter().copied()),
                expected.join(", ")
            )
        }
        RonError::MissingStructField { field, .. } => format!("the key `{field}` is missing"),
        RonError::DuplicateStructField { field, .. } => format!("the key `{field}` is given twice"),
        other => other.to_string(),
    }
}
