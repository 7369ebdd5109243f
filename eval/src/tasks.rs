//! The tasks of the native evaluator of language models. Adding one touches its own folder and a line of `KINDS`.

use std::path::Path;

use attune_core::evaluator::{TaskData, TaskSpec};

use crate::passages::TaskSource;
use crate::{choice, text};

/// A kind of task: what profiles may say of it, and where it is by what one says.
struct Kind {
    spec: fn() -> TaskSpec,
    /// Of data whose options were checked against the specification, with the folder of the model.
    source: fn(&TaskData, &Path) -> Box<dyn TaskSource>,
}

/// All of them, the one of profiles that name none first.
const KINDS: [Kind; 2] = [
    Kind { spec: text::task, source: |data, model| Box::new(text::TextSpec::of(data, model)) },
    Kind { spec: choice::task, source: |data, model| Box::new(choice::ChoiceSpec::of(data, model)) },
];

/// What profiles may say of each.
pub(crate) fn specs() -> Vec<TaskSpec> {
    KINDS.iter().map(|kind| (kind.spec)()).collect()
}

/// Where the task of a profile is, for the model in a folder.
pub(crate) fn source(data: &TaskData, model: &Path) -> Box<dyn TaskSource> {
    let kind = KINDS.iter().find(|kind| (kind.spec)().name == data.kind).unwrap_or(&KINDS[0]);
    (kind.source)(data, model)
}
