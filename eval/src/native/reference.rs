//! What the dense model says about each group, kept as far as memory allows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use attune_core::evaluator::{EvalFailure, Request, Split};
use burn_tensor::{Tensor, TensorData};

use super::NativeEvaluator;
use super::groups::Group;
use super::score::Limit;
use crate::edits::EditedModel;

/// The dense model's results on one group.
pub(super) struct Reference {
    /// Rows that the output matrix is applied to: `[targets, hidden]`.
    pub(super) finished: Tensor<2>,
    /// Logits by vocabulary piece, where they are kept: on the host, as memory allows.
    pub(super) logits: Option<Vec<TensorData>>,
}

/// Kept results, within a budget of bytes. First come, first kept: a search asks for the same items in the
/// same order again and again, for which forgetting the oldest would keep nothing useful.
pub(super) struct References {
    state: Mutex<State>,
}

struct State {
    free: u64,
    kept: HashMap<(Split, usize, usize), Arc<Reference>>,
}

impl References {
    pub(super) fn new(bytes: u64) -> Self {
        Self { state: Mutex::new(State { free: bytes, kept: HashMap::new() }) }
    }

    fn find(&self, group: &Group<'_>) -> Option<Arc<Reference>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.kept.get(&key(group)).cloned()
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

    fn keep(&self, group: &Group<'_>, reference: &Arc<Reference>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.kept.insert(key(group), Arc::clone(reference));
    }
}

fn key(group: &Group<'_>) -> (Split, usize, usize) {
    (group.split.clone(), group.items.start, group.items.end)
}

impl NativeEvaluator {
    /// The dense model's results on `group`, computed if they are not kept.
    pub(super) fn reference(&self, group: &Group<'_>, limit: Limit) -> Result<Arc<Reference>, EvalFailure> {
        if let Some(reference) = self.references.find(group) {
            return Ok(reference);
        }
        let dense = EditedModel::dense(&self.model.config);
        let finished = self.finished(group, &dense, limit)?;
        let rows = finished.dims()[0] as u64;
        let keep_rows = self.references.reserve(4 * rows * self.model.config.hidden as u64);
        let keep_logits =
            keep_rows && self.model.compute.on_host() && self.references.reserve(self.logit_bytes(rows));
        let logits = keep_logits.then(|| self.pieces().map(|piece| self.piece(&finished, &piece)).collect());
        let reference = Arc::new(Reference { finished, logits });
        if keep_rows {
            self.references.keep(group, &reference);
        }
        Ok(reference)
    }

    /// Whether the dense logits of a whole request are kept or fit: then plans need not share a pass over
    /// them.
    pub(super) fn keeps_all_logits(&self, request: &Request) -> Result<bool, EvalFailure> {
        let missing = self.groups(request)?.into_iter().filter(|group| self.references.find(group).is_none());
        let rows: usize = missing.map(|group| group.ids.len()).sum();
        let bytes = self.logit_bytes(rows as u64) + 4 * (rows * self.model.config.hidden) as u64;
        let kept = self
            .groups(request)?
            .iter()
            .all(|group| self.references.find(group).is_none_or(|reference| reference.logits.is_some()));
        let state = self.references.state.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(self.model.compute.on_host() && kept && bytes <= state.free)
    }

    fn logit_bytes(&self, rows: u64) -> u64 {
        4 * rows * self.model.config.vocab as u64
    }
}
