//! Models of which no weights have been read: what can be said of a study before its model is loaded.

use std::path::Path;

use attune_core::evaluator::EvalFailure;
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;

use crate::diffusion::{self, GeneratorOutline};
use crate::error::LoadError;
use crate::model::DecoderOutline;

/// A model of any kind, of which config.json has been read, and names, shapes and element types of its tensors.
pub enum Outline {
    /// A language model.
    Decoder(DecoderOutline),
    /// An image generator.
    Generator(GeneratorOutline),
}

impl Outline {
    /// What a folder says about its model, which its files bear out.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn open(folder: &Path) -> Result<Self, LoadError> {
        if diffusion::is_generator(folder) {
            return GeneratorOutline::open(folder).map(Self::Generator);
        }
        DecoderOutline::open(folder).map(Self::Decoder)
    }

    /// Facts of the model with this fingerprint: for who knows it and need not have it proved.
    pub fn facts(&self, fingerprint: ContentHash) -> Facts {
        match self {
            Self::Decoder(decoder) => decoder.facts(fingerprint),
            Self::Generator(generator) => generator.facts(fingerprint),
        }
    }

    /// Whether the evaluator of this kind of model honours a plan.
    ///
    /// # Errors
    /// [`EvalFailure::Unsupported`], naming the edit.
    pub fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        match self {
            Self::Decoder(decoder) => decoder.check(plan),
            Self::Generator(generator) => generator.check(plan),
        }
    }

    /// Hashes config.json and the weights, all of them.
    pub(crate) fn fingerprint(&self) -> Result<ContentHash, LoadError> {
        match self {
            Self::Decoder(decoder) => decoder.fingerprint(),
            Self::Generator(generator) => generator.fingerprint(),
        }
    }
}
