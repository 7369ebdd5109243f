//! Scales of smoothed keys, measured once on selection data.

use std::sync::{Arc, PoisonError};

use attune_core::evaluator::{EvalFailure, Fidelity, Request, Split};
use attune_core::hash::ContentHash;

use super::{NativeEvaluator, host_parallel};
use crate::calibration;
use crate::edits::{EditedModel, KeyMaxima};
use crate::passages::fitting;

/// Tokens that maxima are taken over: the first items of the selection split, at least one. A fixed run, so that
/// scales do not depend on what a search asks for.
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

    fn key_maxima(&self) -> Result<Arc<KeyMaxima>, EvalFailure> {
        let mut known = self.key_maxima.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(maxima) = &*known {
            return Ok(Arc::clone(maxima));
        }
        let items = Fidelity { items: self.calibration_items() as u32 }.all();
        let request = Request::new(Split::Selection, items);
        let groups = self.groups(&request, usize::MAX)?;
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

    /// What the scales are measured on.
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
