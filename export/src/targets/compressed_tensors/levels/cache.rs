//! Caches in 8 bits: one scheme for all layers.

use std::collections::BTreeSet;

use attune_core::exporter::ExportError;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::KvBits;
use attune_vocabulary::{CacheGrid, ModelEdit as _};
use serde_json::{Value, json};

use super::super::{families, refuse};
use super::Model;

/// How many layers have caches in 8 bits, which is all or none.
pub(super) fn layers(plan: &Plan, model: &Model) -> Result<u32, ExportError> {
    let edits = || plan.edits().iter().filter(|edit| edit.kind == KvBits::KIND);
    let mut cached = BTreeSet::new();
    for edit in edits() {
        let refused = |reason| refuse(edit, reason);
        let bits = KvBits::read(edit).map_err(|error| refused(error.to_string()))?;
        let family = model.known().map_err(refused)?;
        model.has(bits.layer).map_err(refused)?;
        if bits.keys >= 16 && bits.values >= 16 {
            continue;
        }
        if !families::has_cache(family) {
            let known = families::cached().join(", ");
            let reason = format!(
                "scales of caches are found in {known}, and this model is of {}; use `--to plan`",
                family.name
            );
            return Err(refused(reason));
        }
        only_form(&bits).map_err(refused)?;
        cached.insert(bits.layer);
    }
    let some = |edit: &Edit| KvBits::of(edit).is_some_and(|bits| cached.contains(&bits.layer));
    let (count, missing) =
        (cached.len() as u32, (0..model.facts.layers).find(|layer| !cached.contains(layer)));
    match (edits().find(|edit| some(edit)), missing) {
        (Some(edit), Some(missing)) => {
            let reason = format!(
                "the format has one scheme for the caches of all layers, and layer {missing} has none; give every layer \
                 `fp8-e4m3`, or use `--to plan`"
            );
            Err(refuse(edit, reason))
        }
        _ => Ok(count),
    }
}

/// Refuses all but 8-bit floating point at every position.
fn only_form(bits: &KvBits) -> Result<(), String> {
    let fp8 = Some(CacheGrid::Fp8E4m3);
    let whole = bits.kv_head.is_none() && bits.sink == 0 && bits.recent == 0;
    let plain = bits.smoothing.is_none_or(|smoothing| smoothing == 0.0) && bits.shrink_from.is_none();
    if bits.keys == 8 && bits.values == 8 && bits.key_grid == fp8 && bits.value_grid == fp8 && whole && plain
    {
        return Ok(());
    }
    let reason = "the format has caches whose keys and values are both `fp8-e4m3`, of all heads and at all positions (`sink` and \
                  `recent` 0), without smoothing and shrinking; search with these, or use `--to plan`";
    Err(reason.to_owned())
}

/// `kv_cache_scheme` of config.json.
pub(in crate::targets::compressed_tensors) fn scheme() -> Value {
    json!({"num_bits": 8, "type": "float", "strategy": "tensor", "symmetric": true, "dynamic": false})
}
