//! The native evaluators that a study can choose, and which of them a model's folder is for. Adding one touches its own folder
//! and a line of `FACTORIES`.

use std::path::Path;

use attune_core::facts::Facts;
use attune_core::suggest::hint;

use crate::diffusion::GeneratorFactory;
use crate::error::LoadError;
use crate::native::DecoderFactory;

pub use crate::factory::{EvaluatorFactory, Opening, Outline, Prepared};

/// All of them, the one of models that no other claims first.
static FACTORIES: [&dyn EvaluatorFactory; 2] = [&DecoderFactory, &GeneratorFactory];

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

/// The native evaluators.
pub fn all() -> impl Iterator<Item = &'static dyn EvaluatorFactory> {
    FACTORIES.into_iter()
}

/// The evaluator of this name.
///
/// # Errors
/// When there is none.
pub fn by_name(name: &str) -> Result<&'static dyn EvaluatorFactory, UnknownEvaluator> {
    all().find(|factory| factory.name() == name).ok_or_else(|| {
        let known: Vec<String> = all().map(|factory| factory.name().to_owned()).collect();
        let hint = hint(name, known.iter().map(String::as_str));
        UnknownEvaluator { name: name.to_owned(), hint, known }
    })
}

/// The evaluator for the model in a folder.
pub fn of_model(model: &Path) -> &'static dyn EvaluatorFactory {
    let [default, others @ ..] = FACTORIES;
    others.into_iter().find(|factory| factory.claims(model)).unwrap_or(default)
}

/// What the folder of a model says about it, read by the evaluator that it is for.
///
/// # Errors
/// See [`LoadError`].
pub fn outline(model: &Path) -> Result<Box<dyn Outline>, LoadError> {
    of_model(model).outline(model)
}

/// Facts of the model in a folder. Its weights are read to be hashed.
///
/// # Errors
/// See [`LoadError`].
pub fn inspect(model: &Path) -> Result<Facts, LoadError> {
    let outline = outline(model)?;
    Ok(outline.facts(outline.fingerprint()?))
}
