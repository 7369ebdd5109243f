//! What a profile may say of a task on text.

use std::path::Path;

use attune_core::evaluator::{ItemSize, Split, TaskData, TaskOption, TaskSpec};
use attune_core::options::{OptionKind, OptionSpec, OptionValue};

use super::TextSpec;
use crate::passages;

/// What `kind` calls it.
pub(crate) const KIND: &str = "text";
/// Its option for the tokens of an item.
pub(super) const LENGTH: &str = "length";
/// Its option for report items of other lengths.
pub(super) const LENGTHS: &str = "lengths";
/// Its option for items with a pass key.
pub(super) const PASSKEYS: &str = "passkeys";
/// What the data of [`LENGTHS`] is called in reports; `{}` are the tokens.
const AT_LENGTH: &str = "{} tokens";
/// And that of [`PASSKEYS`].
const WITH_PASSKEY: &str = "pass key in {} tokens";

/// Report text in items of another length.
pub fn at_length(tokens: u32) -> Split {
    Split::OutOfDomain(AT_LENGTH.replace("{}", &tokens.to_string()))
}

/// Items of this many tokens that hide a pass key and ask for it.
pub fn with_passkey(tokens: u32) -> Split {
    Split::OutOfDomain(WITH_PASSKEY.replace("{}", &tokens.to_string()))
}

/// The task on text: its options, their defaults and meaning.
pub fn task() -> TaskSpec {
    let counts = || OptionKind::Counts { min: 2, max: u32::MAX, of: "tokens".to_owned() };
    let option = |name: &str, label: &str, kind: OptionKind, default: OptionValue, help: &str| TaskOption {
        spec: OptionSpec { name: name.to_owned(), help: help.to_owned(), kind, default },
        label: label.to_owned(),
        advanced: false,
        reports: None,
    };
    let reported = |name: &str, label: &str, reports: &str, help: &str| TaskOption {
        advanced: true,
        reports: Some(reports.to_owned()),
        ..option(name, label, counts(), OptionValue::Counts([].into()), help)
    };
    TaskSpec {
        name: KIND.to_owned(),
        summary: "How well a language model predicts text, against the dense model and by itself.".to_owned(),
        metrics: passages::metrics(),
        data: "txt".to_owned(),
        size: Some(ItemSize { option: LENGTH.to_owned(), unit: "tokens".to_owned() }),
        options: vec![
            option(
                LENGTH,
                "tokens per item",
                OptionKind::Int { min: 2, max: u32::MAX.into() },
                OptionValue::Int(128),
                "Length of one piece of text.",
            ),
            reported(
                LENGTHS,
                "report at lengths",
                AT_LENGTH,
                "Longer or shorter pieces of the report text that the result is reported on too.",
            ),
            reported(
                PASSKEYS,
                "report pass keys",
                WITH_PASSKEY,
                "Pieces that hide a pass key and ask for it: can the result still look far back?",
            ),
        ],
    }
}

impl TextSpec {
    /// The data of a task whose options were checked against [`task`], with the tokenizer of the model in a folder.
    pub fn of(task: &TaskData, model: &Path) -> Self {
        let counts = |name: &str| match task.options.get(name) {
            Some(OptionValue::Counts(counts)) => counts.clone(),
            _ => [].into(),
        };
        Self {
            tokenizer: model.join("tokenizer.json"),
            selection: task.selection.clone(),
            report: task.report.clone(),
            elsewhere: task.out_of_domain.clone(),
            length: match task.options.get(LENGTH) {
                Some(OptionValue::Int(length)) => usize::try_from(*length).unwrap_or(0),
                _ => 0,
            },
            lengths: counts(LENGTHS),
            passkeys: counts(PASSKEYS),
            selection_items: task.selection_items,
            report_items: task.report_items,
        }
    }
}
