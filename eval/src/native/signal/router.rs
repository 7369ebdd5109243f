//! What routers say: whom they choose, and how sure they are.

use attune_core::evaluator::EvalFailure;
use attune_core::space::Axis;
use attune_core::technique::Signal;

use super::Asked;
use crate::decoder::RouterProbe;
use crate::edits::EditedModel;
use crate::native::score::Limit;
use crate::native::{NativeEvaluator, lanes};

/// Share of top-k selections that each expert gets (as EEP and others rank experts).
pub(super) const FREQUENCY: &str = "expert-frequency";

/// Mean router probability of each expert.
pub(super) const SOFT_ACTIVATION: &str = "expert-soft-activation";

impl NativeEvaluator {
    /// Either signal: `[layer][expert]`, each layer sums to 1.
    pub(super) fn routing(&self, asked: &Asked<'_>) -> Result<(Signal, u64), EvalFailure> {
        let name = asked.name;
        let config = &self.model.config;
        let Some(mixture) = config.mixture else {
            return Err(EvalFailure::BadRequest(format!("signal `{name}` needs a model with experts")));
        };
        let groups = self.groups(&asked.request, usize::MAX)?;
        let dense = EditedModel::dense(config);
        let parts = lanes::run(&self.model.compute, groups.len(), |group| {
            let mut probes = vec![RouterProbe::new(mixture.experts); config.layers];
            self.forward(&groups[group], &dense, Limit::default(), &mut probes)?;
            Ok(probes)
        })?;
        let tokens: usize = groups.iter().map(|group| group.ids.len()).sum();
        let mut values = vec![0.0; config.layers * mixture.experts];
        for (place, value) in values.iter_mut().enumerate() {
            let (layer, expert) = (place / mixture.experts, place % mixture.experts);
            for probes in &parts {
                *value += match name {
                    FREQUENCY => probes[layer].chosen[expert] as f64 / mixture.per_token as f64,
                    _ => probes[layer].probability[expert],
                };
            }
            *value /= tokens as f64;
        }
        let axes =
            vec![Axis::new("layer", config.layers as u32), Axis::new("expert", mixture.experts as u32)];
        Ok((Signal { name: name.to_owned(), axes, values }, (tokens * config.layers) as u64))
    }
}
