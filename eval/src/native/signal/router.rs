//! What routers say: whom they choose, and how sure they are.

use std::sync::PoisonError;

use attune_core::evaluator::EvalFailure;
use attune_core::space::Axis;
use attune_core::technique::Signal;

use super::Asked;
use crate::decoder::RouterProbe;
use crate::edits::EditedModel;
use crate::native::limit::{Clock, Limit};
use crate::native::share::Share;
use crate::native::{NativeEvaluator, host_parallel};

/// Share of top-k selections that each expert gets (as EEP and others rank experts).
pub(super) const FREQUENCY: &str = "expert-frequency";

/// Mean score of each expert, before the choice: a probability, or what a router of sigmoids says.
pub(super) const SOFT_ACTIVATION: &str = "expert-soft-activation";

impl NativeEvaluator {
    /// Either signal: `[layer][expert]`; each layer sums to 1, but for scores that are sigmoids, and for layers without
    /// experts, which have zeros.
    pub(super) fn routing(&self, asked: &Asked<'_>) -> Result<(Signal, u64), EvalFailure> {
        let name = asked.name;
        let config = &self.model.config;
        let mixture = asked.mixture(config)?;
        let items = &asked.request.items;
        let mut known = self.routed.lock().unwrap_or_else(PoisonError::into_inner);
        let computed = match &*known {
            Some((of, _)) if of == items => 0,
            _ => {
                let (probes, tokens) = self.probes(asked)?;
                *known = Some((items.clone(), probes));
                (tokens * config.layers) as u64
            }
        };
        let probes = known.iter().flat_map(|(_, probes)| probes);
        let values = probes.flat_map(|probe| {
            // Nothing is chosen in a layer without experts.
            let tokens = (probe.chosen.iter().sum::<u64>() / mixture.per_token as u64).max(1);
            let of = move |(&chosen, &probability): (&u64, &f64)| match name {
                FREQUENCY => chosen as f64 / (mixture.per_token as u64 * tokens) as f64,
                _ => probability / tokens as f64,
            };
            probe.chosen.iter().zip(&probe.probability).map(of)
        });
        let values = values.collect();
        let axes =
            vec![Axis::new("layer", config.layers as u32), Axis::new("expert", mixture.experts as u32)];
        Ok((Signal { name: name.to_owned(), axes, values }, computed))
    }

    /// What the router of every layer says, summed over the items, and how many tokens they have.
    fn probes(&self, asked: &Asked<'_>) -> Result<(Vec<RouterProbe>, usize), EvalFailure> {
        let config = &self.model.config;
        let experts = config.mixture.as_ref().map_or(0, |mixture| mixture.experts);
        let groups = self.main_groups(&asked.request, usize::MAX)?;
        let dense = EditedModel::dense(config);
        let none = || vec![RouterProbe::new(experts); config.layers];
        let limit = Limit::new(&asked.request, 1, Clock::start(&asked.request.stop));
        let parts = host_parallel::run(&self.model.compute, groups.len(), |number| {
            let (mut probes, group) = (none(), &groups[number]);
            self.forward(group, &dense, limit, &mut probes)?;
            Share::new(&asked.request.progress, group.items).done(1, 1);
            Ok(probes)
        })?;
        let mut all = none();
        for part in &parts {
            all.iter_mut().zip(part).for_each(|(all, part)| all.add(part));
        }
        Ok((all, groups.iter().map(|group| group.ids.len()).sum()))
    }
}
