//! Plans and edits: the only language between techniques, evaluators and exporters.
//!
//! A plan says what a config *does* to whatever an evaluator scores. Its edits are *open*: a kind and named arguments.
//! What a kind means is said by its [`EditSchema`]; a [`Vocabulary`] of schemas checks, normalises, orders and words
//! edits. An edit that no schema knows is refused by name.

mod argument;
mod check;
mod clash;
mod condition;
mod edit;
mod error;
mod place;
mod rank;
mod requirement;
mod schema;
mod sentence;
mod vocabulary;

pub use argument::{Argument, ArgumentKind, LONGEST_LIST};
pub use condition::Condition;
pub use edit::Edit;
pub use error::EditError;
pub use place::{Part, PlaceRule};
pub use requirement::Requirement;
pub use schema::{Contradiction, EditSchema};
pub use vocabulary::Vocabulary;

use crate::hash::ContentHash;

/// An ordered list of edits in canonical form, as [`Vocabulary::arrange`] makes it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Plan {
    edits: Vec<Edit>,
}

impl Plan {
    /// A plan that was stored: `edits` are in the canonical form and order that a vocabulary gave them.
    pub fn from_canonical(edits: Vec<Edit>) -> Self {
        Self { edits }
    }

    /// The plan that changes nothing.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The edits, in canonical order.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// The canonical text form: one edit per line. This is what is hashed.
    pub fn canonical(&self) -> String {
        self.edits.iter().map(|edit| format!("{edit}\n")).collect()
    }

    /// The content hash: equal plans, and only those, share results.
    pub fn hash(&self) -> ContentHash {
        ContentHash::of(self.canonical().as_bytes())
    }
}
