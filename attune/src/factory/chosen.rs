//! Who opens the evaluator of a profile: one of this build, a component, or the program that a profile names.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::EvaluatorFactory;
use attune_core::profile::{EvaluatorChoice, TaskFault};
use attune_eval::registry::{self, NativeFactory, UnknownEvaluator};
use attune_plugins::{ComponentEvaluator, LogSink};

use super::python::{TORCH, torch_command};
use super::started::started;
use super::{command, component, known};

/// An evaluator that can be opened.
#[derive(Clone)]
pub(crate) enum Factory {
    /// One of this build.
    Native(&'static dyn NativeFactory),
    /// A component: one that travels with the program, or the file that a profile names.
    Component(Arc<ComponentEvaluator>),
    /// A program that has said what it is.
    Worker(Arc<dyn EvaluatorFactory>),
}

impl Deref for Factory {
    type Target = dyn EvaluatorFactory;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Native(factory) => *factory,
            Self::Component(component) => &**component,
            Self::Worker(factory) => &**factory,
        }
    }
}

impl Factory {
    /// The evaluator that a profile in the folder `base` names.
    ///
    /// # Errors
    /// When there is none of this name, or the program is none.
    pub(crate) fn chosen(choice: &EvaluatorChoice, base: &Path) -> Result<Self, TaskFault> {
        Self::of(choice, base, false)
    }

    /// The same for a form, which may name another one before this one has said what it is.
    ///
    /// # Errors
    /// As there.
    #[cfg(feature = "backend")]
    pub(crate) fn for_form(choice: &EvaluatorChoice, base: &Path) -> Result<Self, TaskFault> {
        Self::of(choice, base, true)
    }

    fn of(choice: &EvaluatorChoice, base: &Path, form: bool) -> Result<Self, TaskFault> {
        let EvaluatorChoice { name, command, .. } = choice;
        if command.is_empty() {
            return Self::named(name, base, form);
        }
        if component::is_file(name) {
            return Err(TaskFault {
                path: "evaluator.name".to_owned(),
                found: format!("{name:?}"),
                expected: "what the program of evaluator.command calls itself: an evaluator is a component or a program".to_owned(),
            });
        }
        let factory = started(&command::beside(command, base), None, form).map_err(|error| TaskFault {
            path: "evaluator.command".to_owned(),
            found: format!("{command:?}"),
            expected: format!("a program that is an evaluator: {error}"),
        })?;
        match name.is_empty() || name == factory.name() {
            true => Ok(Self::Worker(factory)),
            false => Err(TaskFault {
                path: "evaluator.name".to_owned(),
                found: format!("{name:?}"),
                expected: format!(
                    "{:?}, which the program of evaluator.command calls itself",
                    factory.name()
                ),
            }),
        }
    }

    /// The same, where what a component logs from now on goes to `sink`.
    pub(crate) fn telling(&self, sink: LogSink) -> Self {
        match self {
            Self::Component(component) => Self::Component(Arc::new(component.telling(sink))),
            other => other.clone(),
        }
    }

    /// Whether both are one evaluator: of a program, as its files were when it was started.
    #[cfg(feature = "backend")]
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Worker(own), Self::Worker(other)) => Arc::ptr_eq(own, other),
            (Self::Component(own), Self::Component(other)) => own.fingerprint() == other.fingerprint(),
            (Self::Native(own), Self::Native(other)) => own.name() == other.name(),
            _ => false,
        }
    }

    /// The evaluator of this name, or in this file of the folder `base`.
    fn named(name: &str, base: &Path, form: bool) -> Result<Self, TaskFault> {
        let fault =
            |expected| TaskFault { path: "evaluator.name".to_owned(), found: format!("{name:?}"), expected };
        if component::is_file(name) || component::is_builtin(name) {
            let found = component::find(name, base).map(Self::Component);
            return found.map_err(|error| fault(format!("a component that is an evaluator: {error}")));
        }
        if name != TORCH {
            return registry::by_name(name).map(Self::Native).map_err(|_| {
                let UnknownEvaluator { known, hint, .. } = UnknownEvaluator::among(name, known());
                fault(format!("one of {}{hint}, or the path of a .wasm file", known.join(", ")))
            });
        }
        let command = torch_command().map_err(|error| fault(error.to_string()))?;
        started(&command, Some(TORCH), form).map(Self::Worker).map_err(|error| {
            fault(format!("`{}` to be an evaluator: {error}", attune_core::profile::command_text(&command)))
        })
    }
}
