//! What the value of one argument asks of another.

use super::{Condition, Edit, EditError};
use crate::options::OptionValue;

/// An argument that has fewer values where a condition holds: a format that fixes its number of bits, for example.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// The argument, whose kind is a whole number or a level.
    pub argument: String,
    /// The numbers that it may be.
    pub values: Vec<i64>,
    /// When it may be nothing else.
    pub when: Condition,
}

impl Requirement {
    /// Whether `edit` keeps to it. An absent argument does: whether it may be absent is said by its [`Argument`](super::Argument).
    ///
    /// # Errors
    /// [`EditError::BadArgument`], which says what the argument may be and why.
    pub(super) fn check(&self, edit: &Edit) -> Result<(), EditError> {
        let Some(found) = edit.args.get(&self.argument).filter(|_| self.when.holds(edit)) else {
            return Ok(());
        };
        if matches!(found, OptionValue::Int(number) if self.values.contains(number)) {
            return Ok(());
        }
        let values = self.values.iter().map(i64::to_string).collect::<Vec<_>>();
        let one_of = if values.len() > 1 { "one of " } else { "" };
        Err(EditError::BadArgument {
            kind: edit.kind.clone(),
            argument: self.argument.clone(),
            found: found.to_string(),
            expected: format!("{one_of}{} where {}", values.join(", "), self.when),
        })
    }
}
