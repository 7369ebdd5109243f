//! What the dense model says about each passage, kept as far as memory allows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use attune_core::evaluator::{EvalFailure, Split};
use burn_tensor::{Tensor, TensorData};

use super::NativeEvaluator;
use super::groups::Group;
use super::limit::Limit;
use crate::edits::EditedModel;
use crate::ops::host;

/// The dense model's results on one passage.
pub(super) struct Reference {
    /// Rows that the output matrix is applied to: `[targets, hidden]`.
    pub(super) finished: Tensor<2>,
    /// Logits by vocabulary piece, where they are kept: on the host, as memory allows.
    pub(super) logits: Option<Vec<TensorData>>,
}

/// Kept results, within a budget of bytes. First come, first kept: a search asks for the same passages again and
/// again, for which forgetting the oldest would keep nothing useful.
pub(super) struct References {
    state: Mutex<State>,
}

struct State {
    free: u64,
    /// By the number of the passage.
    kept: HashMap<(Split, u32), Arc<Reference>>,
}

impl References {
    pub(super) fn new(bytes: u64) -> Self {
        Self { state: Mutex::new(State { free: bytes, kept: HashMap::new() }) }
    }

    fn find(&self, split: &Split, passage: u32) -> Option<Arc<Reference>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.kept.get(&(split.clone(), passage)).cloned()
    }

    /// Whether `bytes` more may be kept; they are then taken from the budget.
    fn reserve(&self, bytes: u64) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = bytes <= state.free;
        if fits {
            state.free -= bytes;
        }
        fits
    }

    fn keep(&self, split: &Split, passage: u32, reference: &Arc<Reference>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.kept.insert((split.clone(), passage), Arc::clone(reference));
    }
}

impl NativeEvaluator {
    /// The dense model's results on every passage of `group`, computed where they are not kept.
    pub(super) fn references(&self, group: &Group, limit: Limit) -> Result<Vec<Arc<Reference>>, EvalFailure> {
        let mut found: Vec<Option<Arc<Reference>>> =
            group.passages.iter().map(|&one| self.references.find(&group.split, one)).collect();
        let missing: Vec<usize> = (0..found.len()).filter(|&at| found[at].is_none()).collect();
        if !missing.is_empty() {
            let part = group.part(&missing);
            let finished = self.forward(&part, &EditedModel::dense(&self.model.config), limit, &mut [])?;
            let rows = group.scored;
            for (number, at) in missing.into_iter().enumerate() {
                let own = finished.clone().narrow(0, number * rows, rows);
                found[at] = Some(self.refer(&group.split, group.passages[at], own));
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    fn refer(&self, split: &Split, passage: u32, finished: Tensor<2>) -> Arc<Reference> {
        let rows = finished.dims()[0] as u64;
        let on_host = self.model.compute.on_host();
        let finished = if on_host { host::copy(finished) } else { finished };
        let keep_rows = self.references.reserve(4 * rows * self.model.config.hidden as u64);
        let logit_bytes = 4 * rows * self.model.config.vocab as u64;
        let keep_logits = keep_rows && on_host && self.references.reserve(logit_bytes);
        let pieces = || self.pieces(rows as usize).map(|piece| self.piece(&finished, &piece)).collect();
        let logits = keep_logits.then(pieces);
        let reference = Arc::new(Reference { finished, logits });
        if keep_rows {
            self.references.keep(split, passage, &reference);
        }
        reference
    }
}
