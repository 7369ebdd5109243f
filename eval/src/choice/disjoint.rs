//! Whether questions that results are reported on are none of those that were tuned on.

use std::collections::{BTreeMap, HashMap};

use attune_core::evaluator::Split;

use super::form::Form;
use super::question::Question;
use crate::error::TaskError;

/// Characters of an example in a message.
const EXAMPLE: usize = 120;

/// Refuses a question of the selection that another split asks too.
///
/// # Errors
/// [`TaskError::SharedQuestions`].
pub(super) fn check(asked: &BTreeMap<Split, Vec<Question>>) -> Result<(), TaskError> {
    let selection = asked.get(&Split::Selection).into_iter().flatten();
    let known: HashMap<&Form, &Question> = selection.map(|question| (&question.form, question)).collect();
    for (split, others) in asked.iter().filter(|(split, _)| **split != Split::Selection) {
        let shared: Vec<(&Question, &Question)> =
            others.iter().filter_map(|other| Some((other, *known.get(&other.form)?))).collect();
        if let Some((one, other)) = shared.first() {
            return Err(TaskError::SharedQuestions {
                other: split.to_string(),
                count: shared.len(),
                of: others.len(),
                place: one.place.clone(),
                known: other.place.clone(),
                question: one.text.chars().take(EXAMPLE).collect(),
            });
        }
    }
    Ok(())
}
