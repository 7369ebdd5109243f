//! Blocks that are left out.

use attune_core::exporter::ExportError;
use attune_vocabulary::edits::{DropBlock, Half};

use super::{Edits, Model, refuse};

/// The layers that stay, ascending.
pub(super) fn kept(drops: &Edits<'_, DropBlock>, model: &Model) -> Result<Vec<u32>, ExportError> {
    for (edit, drop) in drops {
        let halves = drops.iter().filter(|(_, other)| other.layer == drop.layer);
        let halves: usize = halves.map(|(_, other)| other.part.map_or(Half::ALL.len(), |_| 1)).sum();
        if halves < Half::ALL.len() {
            let reason = "a file has whole blocks, and one half of this one stays; search with `unit: \"block\"`, or use \
                          `--to plan`";
            return Err(refuse(edit, reason));
        }
    }
    let left = |layer: &u32| !drops.iter().any(|(_, drop)| drop.layer == *layer);
    let kept: Vec<u32> = (0..model.facts.layers).filter(left).collect();
    match drops.first() {
        Some((edit, _)) if kept.is_empty() => Err(refuse(edit, "no block is left; keep at least one")),
        _ => Ok(kept),
    }
}
