//! Scales of smoothed keys, and weights that are rounded with error feedback: what is measured once on selection data.

use std::sync::{Arc, Mutex, PoisonError};

use attune_core::choices::Choices;
use attune_core::evaluator::{EvalFailure, Fidelity, Request, RunControl, Split};
use attune_core::hash::ContentHash;
use attune_core::plan::Plan;
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::WeightBits;

use super::groups::Group;
use super::limit::{Clock, Limit, in_time};
use super::{NativeEvaluator, host_parallel};
use crate::calibration;
use crate::edits::{Codes, EditedModel, KeyMaxima};
use crate::passages::fitting;
use crate::rounding::Text;

/// Tokens that maxima, and second moments, are taken over: the first items of the selection split, at least one. A fixed run, so
/// that neither depends on what a search asks for.
const TOKENS: usize = 4096;

impl NativeEvaluator {
    /// Gives smoothed keys of `plans` their scales.
    pub(super) fn smooth<'a>(
        &self,
        plans: impl Iterator<Item = &'a mut EditedModel>,
    ) -> Result<(), EvalFailure> {
        for plan in plans.filter(|plan| plan.smooths()) {
            let maxima = self.key_maxima()?;
            plan.smooth(&maxima);
        }
        Ok(())
    }

    /// Gives weights of `plans` that are rounded with error feedback their codes.
    pub(super) fn round<'a>(
        &self,
        plans: impl Iterator<Item = &'a mut EditedModel>,
        stop: &RunControl,
    ) -> Result<(), EvalFailure> {
        let clock = Clock::start(stop);
        let text = || {
            let part = |group: Group| Text {
                positions: self.positions(group.batch.tokens),
                ids: group.ids,
                batch: group.batch,
            };
            Ok(self.calibration_groups()?.into_iter().map(part).collect())
        };
        let plans: Mutex<Vec<&mut EditedModel>> = Mutex::new(plans.collect());
        // On this thread alone, with panics of the tensor library as failures.
        host_parallel::run(&self.model.compute, 1, |_| {
            let mut plans = plans.lock().unwrap_or_else(PoisonError::into_inner);
            self.rounded.round(&self.model, &mut plans, &text, &|| in_time(Limit::of_stops(clock)))
        })
        .map(|_| ())
    }

    /// The codes of edits of `plan` that are rounded with error feedback: of each, those of its module, or of the modules of all
    /// experts in their order; `[outputs, inputs]`, counted from the least code.
    pub(super) fn codes(&self, plan: &Plan, stop: &RunControl) -> Result<Choices, EvalFailure> {
        let mut edited = EditedModel::new(plan, &self.model.config)?;
        self.round(std::iter::once(&mut edited), stop)?;
        let mut choices = Choices::default();
        for edit in plan.edits() {
            let Some(bits) = WeightBits::of(edit) else { continue };
            let levels = &edited.layer(bits.layer as usize).weights;
            let codes: Vec<Codes> = match bits.expert {
                Some(expert) => levels.codes(bits.module, expert as usize).cloned().into_iter().collect(),
                None => (0..).map_while(|expert| levels.codes(bits.module, expert).cloned()).collect(),
            };
            if bits.rounding.is_some() && !codes.is_empty() {
                choices.insert(edit, codes);
            }
        }
        Ok(choices)
    }

    fn key_maxima(&self) -> Result<Arc<KeyMaxima>, EvalFailure> {
        let mut known = self.key_maxima.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(maxima) = &*known {
            return Ok(Arc::clone(maxima));
        }
        let groups = self.calibration_groups()?;
        let parts = host_parallel::run(&self.model.compute, groups.len(), |number| {
            let group = &groups[number];
            let positions = self.positions(group.batch.tokens);
            Ok(calibration::key_maxima(&self.model, &group.ids, group.batch, &positions))
        })?;
        let config = &self.model.config;
        let mut all = KeyMaxima::new(config.layers, config.kv_heads, config.head_dim);
        parts.iter().for_each(|part| all.merge(part));
        Ok(Arc::clone(known.insert(Arc::new(all))))
    }

    fn calibration_groups(&self) -> Result<Vec<Group>, EvalFailure> {
        let items = Fidelity { items: self.calibration_items() as u32 }.all();
        self.groups(&Request::new(Split::Selection, items), usize::MAX)
    }

    /// What is measured on.
    pub(super) fn calibration_data(&self) -> ContentHash {
        let items = self.calibration_items();
        let selection = self.task.passages(&Split::Selection);
        selection.map_or_else(|| ContentHash::of_parts([]), |data| data.content(items))
    }

    fn calibration_items(&self) -> usize {
        let selection = self.task.passages(&Split::Selection);
        selection.map_or(0, |data| fitting((0..data.items() as u32).map(|item| data.size(item)), TOKENS))
    }
}
