//! What a plan does to a generator.

use std::collections::BTreeMap;

use attune_core::evaluator::EvalFailure;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::{CombineCheckpoints, WeightBits};
use attune_vocabulary::{ModelEdit as _, Module, checkpoint_mix, model};

use super::NAME;
use super::config::DenoiserConfig;
use crate::edits::Level;

/// The kinds of edit that are honoured.
pub(super) const KINDS: [&str; 2] = [CombineCheckpoints::KIND, WeightBits::KIND];

/// The weights that a plan asks for: a mixture of checkpoints, some of its matrices in few bits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edited {
    /// `[layers][checkpoints]`.
    pub(super) coefficients: Vec<Vec<f64>>,
    /// By layer and module; what is not named stays float32.
    pub(super) levels: BTreeMap<(usize, Module), Level>,
}

impl Edited {
    /// # Errors
    /// [`EvalFailure::Unsupported`] for the first edit that cannot be honoured exactly.
    pub(super) fn new(plan: &Plan, config: &DenoiserConfig) -> Result<Self, EvalFailure> {
        if let Some((one, other)) = model().conflict(plan) {
            return Err(unsupported(other, format!("{one} changes the same place")));
        }
        let mut levels = BTreeMap::new();
        let mut mixing = Vec::new();
        for edit in plan.edits() {
            match edit.kind.as_str() {
                CombineCheckpoints::KIND => mixing.push(edit.clone()),
                WeightBits::KIND => {
                    let bits = WeightBits::read(edit).map_err(|error| error.to_string());
                    let level = bits.and_then(|bits| Ok((level(&bits, config)?, bits)));
                    let (level, bits) = level.map_err(|reason| unsupported(edit, reason))?;
                    levels.extend(level.map(|level| ((bits.layer as usize, bits.module), level)));
                }
                _ => {
                    let reason = "an image generator takes combine-checkpoints and weight-bits only";
                    return Err(unsupported(edit, reason.to_owned()));
                }
            }
        }
        let count = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let mixing = Plan::from_canonical(mixing);
        let mix = checkpoint_mix(&mixing, count(config.layers()), count(config.checkpoints.len()));
        let coefficients = mix.map_err(|(edit, reason)| unsupported(edit, reason))?;
        Ok(Self { coefficients, levels })
    }
}

/// The level of a module that the model has; `None` for one that is to stay exact.
fn level(edit: &WeightBits, config: &DenoiserConfig) -> Result<Option<Level>, String> {
    let layer = edit.layer as usize;
    let inputs = match edit.module {
        Module::Up => config.hidden,
        Module::Down => config.inner,
        other => {
            return Err(format!("blocks of an image generator have `up` and `down`, not `{}`", other.name()));
        }
    };
    if !(1..=config.blocks).contains(&layer) {
        return Err(format!("the blocks of this image generator are layers 1 to {}", config.blocks));
    }
    if edit.expert.is_some() {
        return Err("an image generator has no experts".to_owned());
    }
    if let Some(rounding) = edit.rounding.filter(|_| edit.bits < 16) {
        return Err(format!(
            "{} is made of what enters a module in one model, and an image generator mixes several; leave `rounding` out",
            rounding.name()
        ));
    }
    Level::of(edit, inputs)
}

fn unsupported(edit: &Edit, reason: String) -> EvalFailure {
    EvalFailure::Unsupported { evaluator: NAME.to_owned(), edit: edit.to_string(), reason }
}
