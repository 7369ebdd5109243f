//! Deduplication: of the evaluations of one key those are kept that add an item.

use std::collections::HashSet;

use attune_core::store::Cached;

/// Whether `new` has an item that none of `kept` has. A failure knows its items as well as scores do, and an
/// evaluation of no items at all is only news where there is nothing.
pub(crate) fn adds(kept: &[Cached], new: &Cached) -> bool {
    if kept.is_empty() || new.items.is_empty() {
        return kept.is_empty();
    }
    let known: HashSet<u32> = kept.iter().flat_map(|cached| &cached.items).copied().collect();
    new.items.iter().any(|item| !known.contains(item))
}
