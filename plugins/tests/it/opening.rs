//! Evaluators, opened on a task as a study opens them.

use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::{Evaluator, EvaluatorFactory as _, OpenFailure, Opening, TaskData};
use attune_core::options::{Settings, resolve};
use attune_plugins::ComponentEvaluator;

/// The task of this name with these options and the defaults of all others, without data, and with so many items of each
/// split.
pub(crate) fn task(factory: &ComponentEvaluator, name: &str, given: &Settings, wanted: u32) -> TaskData {
    let spec = factory.spec();
    let spec = spec.tasks.iter().find(|task| task.name == name).unwrap();
    let known: Vec<_> = spec.options.iter().map(|option| option.spec.clone()).collect();
    TaskData {
        kind: name.to_owned(),
        options: resolve("the task", &known, given).unwrap(),
        base: Default::default(),
        selection: Default::default(),
        report: Default::default(),
        out_of_domain: Default::default(),
        selection_items: wanted,
        report_items: wanted,
    }
}

/// The first task of an evaluator, as [`task`] has it.
pub(crate) fn first_task(factory: &ComponentEvaluator, given: &Settings, wanted: u32) -> TaskData {
    task(factory, &factory.spec().tasks[0].name, given, wanted)
}

/// An evaluator on a task, with a model or, by the empty path, without one.
pub(crate) fn open_with(
    factory: &ComponentEvaluator,
    model: &str,
    task: &TaskData,
) -> Result<Arc<dyn Evaluator>, OpenFailure> {
    let opening = Opening {
        model: Path::new(model),
        device: "cpu",
        options: &Settings::new(),
        task,
        activation_memory: None,
        tell: &|_| {},
    };
    factory.prepare(&opening)?.load(&|_| {})
}

/// An evaluator on a task.
pub(crate) fn open(factory: &ComponentEvaluator, task: &TaskData) -> Result<Arc<dyn Evaluator>, OpenFailure> {
    open_with(factory, "", task)
}
