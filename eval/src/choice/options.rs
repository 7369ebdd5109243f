//! What a profile may say of questions with choices.

use std::path::Path;

use attune_core::evaluator::{MetricInfo, TaskData, TaskOption, TaskSpec};
use attune_core::objective::Direction;
use attune_core::options::{OptionKind, OptionSpec, OptionValue};

use super::ChoiceSpec;
use crate::passages;

/// What `kind` calls it.
pub(super) const KIND: &str = "choice";
/// Its option for what stands before a choice.
pub(super) const PROMPT: &str = "prompt";
/// Its option for what stands between that and a choice.
const DELIMITER: &str = "delimiter";

/// What questions are scored by, the usual objective first.
pub(super) fn metrics() -> Vec<MetricInfo> {
    let metric = |name: &str, unit: &str| MetricInfo {
        name: name.to_owned(),
        direction: Direction::Maximise,
        unit: unit.to_owned(),
    };
    let own =
        [("accuracy", MetricInfo::SHARE), ("normalised-accuracy", MetricInfo::SHARE), ("margin", "nats")];
    let own = own.into_iter().map(|(name, unit)| metric(name, unit));
    passages::metrics().into_iter().chain(own).collect()
}

/// The task: its options, their defaults and meaning.
pub fn task() -> TaskSpec {
    let option = |name: &str, default: &str, help: &str| TaskOption {
        spec: OptionSpec {
            name: name.to_owned(),
            help: help.to_owned(),
            kind: OptionKind::Text,
            default: OptionValue::Text(default.to_owned()),
        },
        label: name.to_owned(),
        advanced: true,
        reports: None,
    };
    TaskSpec {
        name: KIND.to_owned(),
        summary: "Multiple choice: which answer a language model finds likeliest behind a question."
            .to_owned(),
        metrics: metrics(),
        data: "jsonl".to_owned(),
        size: None,
        options: vec![
            option(
                PROMPT,
                "Question: {question}\nAnswer:",
                "What stands before a choice; `{question}` is the question.",
            ),
            option(DELIMITER, " ", "What stands between the prompt and a choice."),
        ],
    }
}

impl ChoiceSpec {
    /// The data of a task whose options were checked against [`task`], with the tokenizer of the model in a folder.
    pub fn of(task: &TaskData, model: &Path) -> Self {
        let text = |name: &str| match task.options.get(name) {
            Some(OptionValue::Text(text)) => text.clone(),
            _ => String::new(),
        };
        Self {
            tokenizer: model.join("tokenizer.json"),
            selection: task.selection.clone(),
            report: task.report.clone(),
            elsewhere: task.out_of_domain.clone(),
            prompt: text(PROMPT),
            delimiter: text(DELIMITER),
        }
    }
}
