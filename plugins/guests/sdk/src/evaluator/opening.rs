//! What a task is opened with, and why it cannot be.

use super::Evaluator;
use crate::{OptionSpec, Options, Setting};

/// What a task is opened with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The evaluator's own options.
    pub options: Options,
    /// The name of the task.
    pub task: String,
    /// Its options.
    pub task_options: Options,
    /// The data: `selection` and `report` first, then what results are reported on as well.
    pub splits: Vec<Split>,
}

/// Data of one purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// `selection`, `report`, or `elsewhere:NAME`.
    pub name: String,
    /// Its files, in name order; none where the task generates its items, or cuts them from another split.
    pub files: Vec<File>,
    /// Items that the study wants; 0 is all that there are. A split may have more; item `n` is the same however many are wanted.
    pub wanted: u32,
}

/// A file that the host has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without folders. Files of two splits may have the same.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Why a task cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFailure {
    /// What has to change.
    pub about: OpenFault,
    /// What was found, what was expected, and what to do.
    pub message: String,
}

/// What has to change before a task can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenFault {
    /// This option of the evaluator.
    Option(String),
    /// This option of the task.
    TaskOption(String),
    /// The data of this split.
    Split(String),
    /// This file of the data, by its name.
    File(String),
    /// The task, in a way that is no single option's.
    Task,
    /// The evaluator itself.
    Evaluator,
}

impl Opening {
    /// A task of an evaluator with all its defaults and no data: for tests.
    ///
    /// # Panics
    /// When it has no such task.
    pub fn new<E: Evaluator>(task: &str) -> Self {
        let description = E::describe();
        let found = description.tasks.iter().find(|known| known.name == task);
        let spec = found.unwrap_or_else(|| panic!("evaluator `{}` has no task `{task}`", description.name));
        let split = |name: &str| Split { name: name.to_owned(), files: Vec::new(), wanted: 0 };
        Self {
            options: defaults(&description.options),
            task: task.to_owned(),
            task_options: defaults(&spec.options),
            splits: vec![split("selection"), split("report")],
        }
    }

    /// With this value of an option of the evaluator.
    #[must_use]
    pub fn option(mut self, name: &str, value: Setting) -> Self {
        self.options.set(name, value);
        self
    }

    /// With this value of an option of the task.
    #[must_use]
    pub fn task_option(mut self, name: &str, value: Setting) -> Self {
        self.task_options.set(name, value);
        self
    }

    /// With a file in a split, which is made where there is none of that name.
    #[must_use]
    pub fn file(mut self, split: &str, name: &str, bytes: &[u8]) -> Self {
        let file = File { name: name.to_owned(), bytes: bytes.to_vec() };
        match self.splits.iter_mut().find(|known| known.name == split) {
            Some(known) => known.files.push(file),
            None => self.splits.push(Split { name: split.to_owned(), files: vec![file], wanted: 0 }),
        }
        self
    }

    /// The split of this name.
    ///
    /// # Panics
    /// When there is none; `selection` and `report` are always there.
    pub fn split(&self, name: &str) -> &Split {
        let found = self.splits.iter().find(|split| split.name == name);
        found.unwrap_or_else(|| panic!("there is no split `{name}`"))
    }

    /// What is tuned on.
    pub fn selection(&self) -> &Split {
        self.split("selection")
    }

    /// What results are reported on.
    pub fn report(&self) -> &Split {
        self.split("report")
    }
}

fn defaults(specs: &[OptionSpec]) -> Options {
    Options::new(specs.iter().map(|spec| (spec.name.clone(), spec.default.clone())).collect())
}

impl Split {
    /// How many items to generate: as many as are wanted, and `otherwise` where all that there are are wanted.
    pub fn generated(&self, otherwise: u32) -> u32 {
        if self.wanted == 0 { otherwise } else { self.wanted }
    }
}

impl File {
    /// Its text.
    ///
    /// # Errors
    /// [`OpenFailure`], which names the file and where its first bad byte is.
    pub fn text(&self) -> Result<&str, OpenFailure> {
        std::str::from_utf8(&self.bytes).map_err(|error| {
            OpenFailure::file(
                &self.name,
                format!("byte {} is no UTF-8, expected a text", error.valid_up_to()),
            )
        })
    }
}

impl OpenFailure {
    /// About an option of the evaluator.
    pub fn option(name: &str, message: impl Into<String>) -> Self {
        Self { about: OpenFault::Option(name.to_owned()), message: message.into() }
    }

    /// About an option of the task.
    pub fn task_option(name: &str, message: impl Into<String>) -> Self {
        Self { about: OpenFault::TaskOption(name.to_owned()), message: message.into() }
    }

    /// About the data of a split.
    pub fn split(name: &str, message: impl Into<String>) -> Self {
        Self { about: OpenFault::Split(name.to_owned()), message: message.into() }
    }

    /// About a file, which the host names before the message: `line 3: …`.
    pub fn file(name: &str, message: impl Into<String>) -> Self {
        Self { about: OpenFault::File(name.to_owned()), message: message.into() }
    }

    /// About the task, in a way that is no single option's.
    pub fn task(message: impl Into<String>) -> Self {
        Self { about: OpenFault::Task, message: message.into() }
    }

    /// About the evaluator itself.
    pub fn evaluator(message: impl Into<String>) -> Self {
        Self { about: OpenFault::Evaluator, message: message.into() }
    }
}
