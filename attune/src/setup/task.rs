//! The task of a profile, as its evaluator describes it.

use std::path::Path;

use attune_core::evaluator::{Split, TaskOption, TaskSpec};
use attune_core::objective::Objective;
use attune_core::options::{OptionValue, Settings};
use attune_core::profile::{Profile, Task, TaskFault};
use attune_eval::diffusion::ImageSpec;
use attune_eval::text::TextSpec;

/// The tasks of the evaluators that come with attune, the one of profiles that name none first.
pub fn tasks() -> Vec<TaskSpec> {
    attune_eval::tasks()
}

/// A task, with its options completed.
pub(crate) struct ChosenTask {
    /// Its description.
    pub(crate) spec: TaskSpec,
    /// Its options.
    pub(crate) options: Settings,
}

impl ChosenTask {
    /// The task of a profile.
    ///
    /// # Errors
    /// When the evaluator has no such task, or the task no such options.
    pub(crate) fn of(profile: &Profile) -> Result<Self, TaskFault> {
        if let Some(evaluator) = &profile.evaluator {
            let expected = "no evaluator: the model's folder decides who evaluates".to_owned();
            let found = format!("{:?}", evaluator.name);
            return Err(TaskFault { path: "evaluator.name".to_owned(), found, expected });
        }
        let tasks = tasks();
        let spec = profile.task.spec(&tasks)?.clone();
        let options = profile.task.resolved(&spec)?;
        Ok(Self { spec, options })
    }

    /// Everything that the result is reported on beside the report data.
    pub(crate) fn domains(&self, profile: &Profile) -> Vec<String> {
        profile.task.domains(&self.spec, &self.options)
    }

    /// The option that adds the data of this split to the report.
    pub(crate) fn reporting(&self, split: &str) -> Option<&str> {
        let adds = |option: &&TaskOption| {
            let names = option.reported(&self.options).into_iter();
            names.map(|name| Split::OutOfDomain(name).to_string()).any(|name| name == split)
        };
        self.spec.options.iter().find(adds).map(|option| option.spec.name.as_str())
    }

    /// The option that says this many: the size of an item, or one of its counts.
    pub(crate) fn saying(&self, number: usize) -> Option<&str> {
        let says = |option: &&TaskOption| match self.options.get(&option.spec.name) {
            Some(OptionValue::Int(said)) => usize::try_from(*said) == Ok(number),
            Some(OptionValue::Counts(counts)) => counts.keys().any(|said| *said as usize == number),
            _ => false,
        };
        self.spec.options.iter().find(says).map(|option| option.spec.name.as_str())
    }

    /// Where the data of a profile in the folder `base` is.
    pub(crate) fn files(&self, profile: &Profile, base: &Path, model: &Path) -> TaskFiles {
        if self.spec == attune_eval::diffusion::task() {
            return TaskFiles::Images(ImageSpec::of(&profile.task, &self.options, base));
        }
        let most = (profile.items, profile.report.items);
        TaskFiles::Text(TextSpec::of(&profile.task, &self.options, base, model, most))
    }

    /// What counts in a profile: what it says, else the first metric of the task.
    pub(crate) fn objectives(&self, profile: &Profile) -> Vec<Objective> {
        if !profile.objectives.is_empty() {
            return profile.objectives.clone();
        }
        let first = self.spec.metrics.iter().take(1);
        first.map(|first| Objective { metric: first.name.clone(), direction: first.direction }).collect()
    }

    /// The profile with everything that it leaves to the task.
    pub(crate) fn completed(&self, profile: &Profile) -> Profile {
        let task = Task {
            kind: Some(self.spec.name.clone()),
            options: self.options.clone(),
            ..profile.task.clone()
        };
        Profile { task, objectives: self.objectives(profile), ..profile.clone() }
    }
}

/// Where the data of a task is.
pub(crate) enum TaskFiles {
    /// Texts.
    Text(TextSpec),
    /// Real images and a classifier.
    Images(ImageSpec),
}
