//! The native evaluators that a study can choose, and which of them a model's folder is for. Adding one touches its own folder
//! and a line of `FACTORIES`.

use std::path::Path;

use attune_core::evaluator::{EvaluatorFactory, FolderOutline, ModelFolders, OpenFailure};
use attune_core::facts::Facts;
use attune_core::suggest::hint;

use crate::diffusion::GeneratorFactory;
use crate::native::DecoderFactory;

/// Native evaluators know their models from the folders alone.
pub trait NativeFactory: EvaluatorFactory + ModelFolders {}

impl<F: EvaluatorFactory + ModelFolders> NativeFactory for F {}

/// All of them, the one of models that no other claims first.
static FACTORIES: [&dyn NativeFactory; 2] = [&DecoderFactory, &GeneratorFactory];

/// No evaluator has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no evaluator `{name}`{hint}; there are {}", known.join(", "))]
pub struct UnknownEvaluator {
    /// What was asked for.
    pub name: String,
    /// Nearest known name, ready to print.
    pub hint: String,
    /// Those that there are.
    pub known: Vec<String>,
}

impl UnknownEvaluator {
    /// That `name` is none of `known`.
    pub fn among(name: &str, known: Vec<String>) -> Self {
        let hint = hint(name, known.iter().map(String::as_str));
        Self { name: name.to_owned(), hint, known }
    }
}

/// The native evaluators.
pub fn all() -> impl Iterator<Item = &'static dyn NativeFactory> {
    FACTORIES.into_iter()
}

/// The evaluator of this name.
///
/// # Errors
/// When there is none.
pub fn by_name(name: &str) -> Result<&'static dyn NativeFactory, UnknownEvaluator> {
    all().find(|factory| factory.name() == name).ok_or_else(|| UnknownEvaluator::among(name, all_names()))
}

fn all_names() -> Vec<String> {
    all().map(|factory| factory.name().to_owned()).collect()
}

/// The evaluator for the model in a folder.
pub fn of_model(model: &Path) -> &'static dyn NativeFactory {
    let [default, others @ ..] = FACTORIES;
    others.into_iter().find(|factory| factory.claims(model)).unwrap_or(default)
}

/// What the folder of a model says about it, read by the evaluator that it is for.
///
/// # Errors
/// See [`OpenFailure`].
pub fn outline(model: &Path) -> Result<Box<dyn FolderOutline>, OpenFailure> {
    of_model(model).outline(model)
}

/// Facts of the model in a folder. Its weights are read to be hashed.
///
/// # Errors
/// See [`OpenFailure`].
pub fn inspect(model: &Path) -> Result<Facts, OpenFailure> {
    let outline = outline(model)?;
    Ok(outline.facts(outline.fingerprint()?))
}
