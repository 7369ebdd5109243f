//! How many plans of a batch run side by side.

use std::collections::HashSet;

use attune_families::DecoderConfig;

use crate::edits::{EditedModel, Level};
use crate::model::Site;

/// How many of `plans`, from the first one on, run together: `most` at most, and as many as have codes of error feedback that fit into
/// `bytes` together, a byte for each weight of a module at a level; one at least.
pub(super) fn first<T>(plans: &[(T, EditedModel)], config: &DecoderConfig, most: usize, bytes: u64) -> usize {
    let (mut seen, mut used) = (HashSet::<(Site, Level)>::new(), 0);
    for (count, (_, plan)) in plans.iter().take(most).enumerate() {
        for (layer, levels) in plan.weights().enumerate() {
            for (module, expert, level) in levels.with_feedback() {
                if seen.insert((Site { layer, expert, module }, level)) {
                    let shape = config.layer(layer);
                    used += (shape.inputs(module) * shape.outputs(module)) as u64;
                }
            }
        }
        if used > bytes && count > 0 {
            return count;
        }
    }
    plans.len().min(most)
}
