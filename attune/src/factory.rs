//! Evaluators by what a profile says of them: those of this build, components, and programs that are one.

mod chosen;
mod command;
mod component;
mod python;
mod started;

use std::path::Path;

use attune_core::evaluator::EvaluatorSpec;
use attune_core::hash::ContentHash;
use attune_core::profile::{EvaluatorChoice, Profile, TaskFault};
use attune_eval::registry::{self, UnknownEvaluator};
use attune_plugins::{BUILTIN_EVALUATORS, ComponentEvaluator};

use crate::error::Error;

pub use crate::error::NoPackage;
pub(crate) use chosen::Factory;
#[cfg(feature = "backend")]
pub(crate) use command::beside;
pub(crate) use component::is_file as is_component_file;
#[cfg(feature = "export")]
pub(crate) use python::engines_command;
pub use python::{INSTALL_TORCH, TORCH, TORCH_SUMMARY, torch_command};
pub use started::starting;
#[cfg(feature = "backend")]
pub(crate) use started::wait_for_none_but;

/// An evaluator that profiles can name, as far as it is known without starting it.
#[derive(Clone, Debug, PartialEq)]
pub enum Listed {
    /// One of this build.
    Native(EvaluatorSpec),
    /// A component that travels with the program.
    Component(Described),
    /// A program that is there, and the command that starts it.
    Worker {
        /// Its name.
        name: &'static str,
        /// What it evaluates, in one sentence.
        summary: &'static str,
        /// Program and arguments, or where they were looked for.
        command: Result<Vec<String>, NoPackage>,
    },
}

/// What an evaluator says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Its tasks, options and edits.
    pub spec: EvaluatorSpec,
    /// Further of a component.
    pub component: Option<ComponentDetails>,
}

/// What only a component says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentDetails {
    /// Its version.
    pub version: String,
    /// The facts that techniques get of its subject, each with a sentence.
    pub facts: Vec<(String, String)>,
    /// Hash of its bytes: scores are kept under it.
    pub hash: ContentHash,
}

impl Described {
    fn of(component: &ComponentEvaluator) -> Self {
        let details = ComponentDetails {
            version: component.version().to_owned(),
            facts: component.facts().to_vec(),
            hash: component.fingerprint(),
        };
        Self { spec: attune_core::evaluator::EvaluatorFactory::spec(component), component: Some(details) }
    }
}

impl Listed {
    /// What `evaluator.name` of a profile calls it.
    pub fn name(&self) -> &str {
        match self {
            Self::Native(spec) | Self::Component(Described { spec, .. }) => &spec.name,
            Self::Worker { name, .. } => name,
        }
    }
}

/// Every evaluator that a profile can name. No program of an evaluator is started.
pub fn list() -> Vec<Listed> {
    let natives = registry::all().map(|factory| Listed::Native(factory.spec()));
    // Those of this build load, or its tests fail.
    let components = BUILTIN_EVALUATORS.iter().filter_map(|name| component::find(name, Path::new("")).ok());
    let components = components.map(|component| Listed::Component(Described::of(&component)));
    let torch = Listed::Worker { name: TORCH, summary: TORCH_SUMMARY, command: torch_command() };
    natives.chain(components).chain([torch]).collect()
}

/// The names that profiles may have under `evaluator.name`, each with what it evaluates. Nothing is looked for or loaded.
pub fn names() -> Vec<(String, String)> {
    let natives = registry::all().map(|factory| factory.spec()).map(|spec| (spec.name, spec.summary));
    let components = BUILTIN_EVALUATORS.iter().map(|name| {
        ((*name).to_owned(), format!("A component that comes with attune; `attune evaluator show {name}`."))
    });
    natives.chain(components).chain([(TORCH.to_owned(), TORCH_SUMMARY.to_owned())]).collect()
}

fn known() -> Vec<String> {
    names().into_iter().map(|(name, _)| name).collect()
}

/// Whether a profile is for an evaluator that is a component.
pub(crate) fn is_component(choice: &EvaluatorChoice) -> bool {
    choice.command.is_empty() && (component::is_file(&choice.name) || component::is_builtin(&choice.name))
}

/// Whether an evaluator is a component that travels with the program.
#[cfg(feature = "backend")]
pub(crate) fn is_builtin_component(choice: &EvaluatorChoice) -> bool {
    choice.command.is_empty() && component::is_builtin(&choice.name)
}

/// Whether a profile is for an evaluator that is not of this build alone: a component, or one of another process.
pub(crate) fn is_worker(profile: &Profile) -> bool {
    profile.evaluator.as_ref().is_some_and(|choice| !is_native(choice))
}

/// Whether an evaluator is one of this build.
pub(crate) fn is_native(choice: &EvaluatorChoice) -> bool {
    choice.command.is_empty() && registry::by_name(&choice.name).is_ok()
}

/// What an evaluator says of itself: the one of a name, or a program, whose paths are relative to `base`. A program is started
/// for that, and opens nothing.
///
/// # Errors
/// When there is none.
pub fn spec(choice: &EvaluatorChoice, base: &Path) -> Result<EvaluatorSpec, Error> {
    spec_of(choice, base, Factory::chosen)
}

/// The same, with what only components say.
///
/// # Errors
/// As [`spec`].
pub fn described(choice: &EvaluatorChoice, base: &Path) -> Result<Described, Error> {
    match is_component(choice) {
        true => match Factory::chosen(choice, base).map_err(Error::input)? {
            Factory::Component(component) => Ok(Described::of(&component)),
            other => Ok(Described { spec: other.spec(), component: None }),
        },
        false => Ok(Described { spec: spec(choice, base)?, component: None }),
    }
}

/// The same for a form, which may name another one before this one has said what it is.
///
/// # Errors
/// As there.
#[cfg(feature = "backend")]
pub(crate) fn spec_for_form(choice: &EvaluatorChoice, base: &Path) -> Result<EvaluatorSpec, Error> {
    spec_of(choice, base, Factory::for_form)
}

fn spec_of(
    choice: &EvaluatorChoice,
    base: &Path,
    find: fn(&EvaluatorChoice, &Path) -> Result<Factory, TaskFault>,
) -> Result<EvaluatorSpec, Error> {
    let known = known();
    if choice.command.is_empty() && !component::is_file(&choice.name) && !known.contains(&choice.name) {
        return Err(Error::input(UnknownEvaluator::among(&choice.name, known)));
    }
    find(choice, base).map(|factory| factory.spec()).map_err(Error::input)
}
