//! Items that run together.

use std::ops::Range;

use attune_core::evaluator::{EvalFailure, Request, Split};

use super::NativeEvaluator;
use crate::decoder::Batch;

/// Tokens per forward on a CPU: enough for full-speed products, few enough that all processors have a
/// group each and activations stay near.
const CPU_TOKENS: usize = 512;

/// Tokens per forward on other devices.
const DEVICE_TOKENS: usize = 8192;

/// Consecutive items of a split. Groups start at multiples of one size, whatever the fidelity, so that an
/// item is computed with the same neighbours whenever it is.
#[derive(Clone, Debug)]
pub(super) struct Group<'a> {
    pub(super) split: Split,
    pub(super) items: Range<usize>,
    pub(super) ids: &'a [u32],
    pub(super) batch: Batch,
}

impl Group<'_> {
    /// Tokens that are predicted: all but the first of each item.
    pub(super) fn targets(&self) -> Vec<u32> {
        self.ids.chunks_exact(self.batch.tokens).flat_map(|item| item[1..].to_vec()).collect()
    }
}

impl NativeEvaluator {
    pub(super) fn groups(&self, request: &Request) -> Result<Vec<Group<'_>>, EvalFailure> {
        let bad = |reason: String| Err(EvalFailure::BadRequest(reason));
        let Some(ids) = self.task.tokens(&request.split) else {
            return bad(format!("it has no split `{}`", request.split));
        };
        let tokens = self.task.length();
        let (held, wanted) = (ids.len() / tokens, request.fidelity.items as usize);
        if wanted == 0 || wanted > held {
            return bad(format!("{wanted} items of split `{}`, which holds {held}", request.split));
        }
        let rows = if self.model.compute.on_host() { CPU_TOKENS } else { DEVICE_TOKENS };
        let size = (rows / tokens).max(1);
        let group = |first: usize| {
            let items = first..(first + size).min(wanted);
            Group {
                split: request.split.clone(),
                ids: &ids[items.start * tokens..items.end * tokens],
                batch: Batch { sequences: items.len(), tokens },
                items,
            }
        };
        Ok((0..wanted).step_by(size).map(group).collect())
    }
}
