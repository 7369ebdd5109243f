//! Why a recipe cannot be used.

use std::io;

use attune_core::describe::of_system;
use attune_core::printable::{QUOTED, line};

use crate::read::ReadError;

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The system refuses.
    #[error("cannot read {file}: {}", of_system(source))]
    Io {
        /// Path of the file, as the message names it.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// Something in the file.
    #[error("{file}{place}: {found}; expected {expected}")]
    Entry {
        /// Path of the file, as the message names it.
        file: String,
        /// `:7` for a line, or nothing.
        place: String,
        /// What was found.
        found: String,
        /// What was expected, or what to do.
        expected: String,
    },
    /// The matrices of the model have no names that recipes could use.
    #[error(
        "{file} is a recipe by names of tensors, and model `{model}` has none for it: {reason}; use a plan (`attune export --to plan`)"
    )]
    Unnamed {
        /// Path of the file, as the message names it.
        file: String,
        /// The model.
        model: String,
        /// Why.
        reason: String,
    },
    /// A plan of another model.
    #[error(
        "{file} is a plan for model `{its}`, and this one is `{this}`; export it from a study of this model"
    )]
    OtherModel {
        /// Path of the file, as the message names it.
        file: String,
        /// The model of the plan.
        its: String,
        /// The model that is meant.
        this: String,
    },
    /// A plan file that is none.
    #[error(transparent)]
    Plan(#[from] ReadError),
}

/// Something in a file that is wrong.
#[derive(Debug)]
pub(super) struct Fault {
    at: Option<usize>,
    found: String,
    expected: String,
}

impl Fault {
    /// `at` is the byte of the text where it stands; `None` for the file as a whole.
    pub(super) fn new(at: Option<usize>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { at, found: found.into(), expected: expected.into() }
    }

    /// The fault as one of the file of that name, whose text is `text`; empty for one that is no text.
    pub(super) fn of(self, file: &str, text: &str) -> RecipeError {
        let number = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        RecipeError::Entry {
            file: file.to_owned(),
            place: self.at.map_or_else(String::new, |at| format!(":{}", number(at))),
            // What a file says may be long, and need not be printable.
            found: line(&self.found, 4 * QUOTED).into_owned(),
            expected: self.expected,
        }
    }
}
