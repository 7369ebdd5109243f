//! How many plans of a batch run side by side.

use std::collections::HashSet;

use attune_families::DecoderConfig;
use attune_vocabulary::Embedding;

use crate::edits::{EditedModel, Level};
use crate::model::Site;

/// What plans that run together may take.
pub(super) struct Room {
    /// How many of them there may be.
    pub(super) plans: usize,
    /// Bytes of codes of error feedback, a byte for each weight of a module at a level.
    pub(super) codes: u64,
    /// Bytes of embeddings and output matrices in few bits, which are asked for again and again, in float32.
    pub(super) tokens: u64,
}

/// How many of `plans`, from the first one on, run together; one at least.
pub(super) fn first<T>(plans: &[(T, EditedModel)], config: &DecoderConfig, room: &Room) -> usize {
    let (mut seen, mut codes) = (HashSet::<(Site, Level)>::new(), 0);
    let mut matrices = HashSet::<(Embedding, Level)>::new();
    let matrix = 4 * (config.vocab * config.hidden) as u64;
    for (count, (_, plan)) in plans.iter().take(room.plans).enumerate() {
        for (layer, levels) in plan.weights().enumerate() {
            for (module, expert, level) in levels.with_feedback() {
                if seen.insert((Site { layer, expert, module }, level)) {
                    let shape = config.layer(layer);
                    codes += (shape.inputs(module) * shape.outputs(module)) as u64;
                }
            }
        }
        for end in Embedding::ALL {
            // One matrix for both is one.
            let own = if config.tied { Embedding::Output } else { end };
            matrices.extend(plan.embeddings().level(end).map(|level| (own, level)));
        }
        let is_full = codes > room.codes || matrices.len() as u64 * matrix > room.tokens;
        if is_full && count > 0 {
            return count;
        }
    }
    plans.len().min(room.plans)
}
