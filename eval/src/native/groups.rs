//! Items that run together.

use attune_core::evaluator::{EvalFailure, Request, Split};

use super::{NativeEvaluator, host_parallel};
use crate::decoder::Batch;

/// Tokens per product on a CPU: enough for full-speed products, few enough that activations stay near.
const CPU_TOKENS: usize = 512;

/// Tokens per product on other devices.
const DEVICE_TOKENS: usize = 8192;

/// Some items of a split, next to each other in a batch. Which items are neighbours decides nothing: rows of a
/// batch do not see each other.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) split: Split,
    pub(super) items: Vec<u32>,
    /// Their tokens, item after item.
    pub(super) ids: Vec<u32>,
    pub(super) batch: Batch,
    /// Tokens at the end of each item that are predicted and scored.
    pub(super) scored: usize,
}

impl Group {
    /// Tokens that are predicted and scored.
    pub(super) fn targets(&self) -> Vec<u32> {
        let (tokens, scored) = (self.batch.tokens, self.scored);
        self.ids.chunks_exact(tokens).flat_map(|item| item[tokens - scored..].to_vec()).collect()
    }

    /// The group of some of its items, by position.
    pub(super) fn part(&self, positions: &[usize]) -> Self {
        let tokens = self.batch.tokens;
        Self {
            split: self.split.clone(),
            items: positions.iter().map(|&at| self.items[at]).collect(),
            ids: positions.iter().flat_map(|&at| self.ids[at * tokens..][..tokens].to_vec()).collect(),
            batch: Batch { sequences: positions.len(), tokens },
            scored: self.scored,
        }
    }
}

impl NativeEvaluator {
    /// Rows that one product should have on this device.
    pub(super) fn product_rows(&self) -> usize {
        if self.model.compute.on_host() { CPU_TOKENS } else { DEVICE_TOKENS }
    }

    /// The items of a request in groups of at most `most`.
    pub(super) fn groups(&self, request: &Request, most: usize) -> Result<Vec<Group>, EvalFailure> {
        let bad = |reason: String| Err(EvalFailure::BadRequest(reason));
        let data = self.items(request)?;
        let (ids, tokens, held) = (&data.ids, data.length, data.count());
        if request.items.is_empty() {
            return bad(format!("no items of split `{}`, which holds {held}", request.split));
        }
        if let Some(item) = request.items.iter().find(|&&item| item as usize >= held) {
            return bad(format!("item {item} of split `{}`, which holds {held}", request.split));
        }
        // As many groups as can run at once, none larger than products need.
        let size = (self.product_rows() / tokens)
            .min(request.items.len().div_ceil(host_parallel::most(&self.model.compute)))
            .min(most)
            .max(1);
        let group = |items: &[u32]| Group {
            split: request.split.clone(),
            ids: items.iter().flat_map(|&item| ids[item as usize * tokens..][..tokens].to_vec()).collect(),
            batch: Batch { sequences: items.len(), tokens },
            scored: data.scored,
            items: items.to_vec(),
        };
        Ok(request.items.chunks(size).map(group).collect())
    }
}
