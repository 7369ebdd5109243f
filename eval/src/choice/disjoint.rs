//! Whether questions that results are reported on are none of those that were tuned on.
//!
//! Questions are compared as people would read them: in one Unicode normal form (NFKC), without case, white space and
//! punctuation, with their choices in whatever order.

use std::collections::{BTreeMap, HashMap};

use attune_core::evaluator::Split;
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

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
    let known: HashMap<String, &Question> =
        selection.map(|question| (normal_form(&question.text), question)).collect();
    for (split, others) in asked.iter().filter(|(split, _)| **split != Split::Selection) {
        let shared: Vec<(&Question, &Question)> =
            others.iter().filter_map(|other| Some((other, *known.get(&normal_form(&other.text))?))).collect();
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

/// A text as it is compared; the text itself where nothing is left of it.
fn normal_form(text: &str) -> String {
    // Upper case first: it has one form for letters that have several in lower case.
    let folded = text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    let form: String = folded.filter(|&letter| !is_left_out(letter)).collect();
    if form.is_empty() { text.to_owned() } else { form }
}

/// Separators, punctuation, and what cannot be seen.
fn is_left_out(letter: char) -> bool {
    use GeneralCategory as Is;
    matches!(
        get_general_category(letter),
        Is::SpaceSeparator
            | Is::LineSeparator
            | Is::ParagraphSeparator
            | Is::ConnectorPunctuation
            | Is::DashPunctuation
            | Is::OpenPunctuation
            | Is::ClosePunctuation
            | Is::InitialPunctuation
            | Is::FinalPunctuation
            | Is::OtherPunctuation
            | Is::Control
            | Is::Format
            | Is::Surrogate
            | Is::PrivateUse
            | Is::Unassigned
    )
}

#[cfg(test)]
mod tests {
    use super::normal_form;

    #[test]
    fn what_editors_change_is_not_seen() {
        assert_eq!(normal_form("  Where does\u{a0}SHE live?\n"), normal_form("where does she live"));
        assert_eq!(normal_form("Große ﬁsche"), normal_form("GROSSE FISCHE"));
        assert_ne!(normal_form("3 + 4"), normal_form("3 - 4"), "signs are no punctuation");
        assert_eq!(normal_form("?!"), "?!", "nothing else is left");
    }
}
