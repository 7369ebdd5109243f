//! Paths of the fields that the form knows by name.

/// Path of the one field that is not in the profile: where the study runs.
pub(crate) const DEVICE: &str = "--device";
/// Path of the field that names who evaluates.
pub(crate) const EVALUATOR: &str = "evaluator.name";
/// Path of the field that says which program evaluates.
pub(crate) const COMMAND: &str = "evaluator.command";
/// Path of the field that names the technique.
pub(crate) const TECHNIQUE: &str = "technique.name";
/// Path of the field that names the strategy.
pub(crate) const STRATEGY: &str = "strategy.name";
/// Path of the field that says what a task is about.
pub(crate) const TASK: &str = "task.kind";
/// The engine that is to load the result.
pub(crate) const TARGET: &str = "target";
/// Path of the field that says which study the search starts from.
pub(crate) const START: &str = "start.study";
