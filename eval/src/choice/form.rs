//! Questions as they are compared: as people would read them, in one Unicode normal form (NFKC), without case, white space and
//! punctuation, with their choices in whatever order.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

/// What makes questions the same: the normal forms of the question and of each choice, those of the choices in order.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Form {
    question: String,
    choices: Vec<String>,
}

impl Form {
    pub(super) fn new(question: &str, choices: &[&str]) -> Self {
        let mut choices: Vec<String> = choices.iter().map(|choice| normal_form(choice)).collect();
        // Only now: upper case comes before lower case, and white space before both.
        choices.sort_unstable();
        Self { question: normal_form(question), choices }
    }
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
    use super::{Form, normal_form};

    #[test]
    fn what_editors_change_is_not_seen() {
        assert_eq!(normal_form("  Where does\u{a0}SHE live?\n"), normal_form("where does she live"));
        assert_eq!(normal_form("Große ﬁsche"), normal_form("GROSSE FISCHE"));
        assert_ne!(normal_form("3 + 4"), normal_form("3 - 4"), "signs are no punctuation");
        assert_eq!(normal_form("?!"), "?!", "nothing else is left");
    }

    #[test]
    fn choices_are_put_in_order_as_they_are_compared() {
        assert_eq!(Form::new("Which?", &["apple", "Banana"]), Form::new("which", &[" banana", "Apple"]));
        assert_ne!(Form::new("Which", &["one", "two"]), Form::new("Which", &["on", "etwo"]));
        assert_ne!(Form::new("Which", &["one", "two"]), Form::new("Which one", &["two"]));
    }
}
