//! What a config does to the cache.

use attune_guest::grids::CacheGrid;
use attune_guest::{Config, Edit, Model, Value};

use crate::allocation::Allocation;
use crate::format::Format;

pub(crate) fn edits(model: &Model, allocation: &Allocation, config: &Config) -> Vec<Edit> {
    let mut edits = Vec::new();
    let parts = allocation.parts as usize;
    let chunks = config[0].chunks(parts * allocation.heads as usize);
    let layers = chunks
        .enumerate()
        .flat_map(|(place, cells)| allocation.layers_at(place).iter().map(move |&layer| (layer, cells)));
    for (number, (layer, cells)) in layers.enumerate() {
        let format = |cell: &Value| &allocation.formats[cell.option()];
        let heads: Vec<(&Format, &Format)> =
            cells.chunks(parts).map(|of| (format(&of[0]), format(&of[parts - 1]))).collect();
        let exponent = match config.get(1) {
            Some(exponents) => allocation.smoothing[exponents[number].option()],
            None => allocation.smoothing.first().copied().unwrap_or(0),
        };
        // Heads that agree are one edit, as when a layer's heads go together: equal plans share results.
        let together = heads.iter().all(|pair| *pair == heads[0]);
        for (head, &(keys, values)) in heads.iter().enumerate().take(if together { 1 } else { heads.len() }) {
            // An exact cache gets no edit, so that an exact config is the dense model itself.
            if keys.is_exact() && values.is_exact() {
                continue;
            }
            let mut edit = Edit::new("kv-bits")
                .int("layer", layer)
                .int("keys", keys.bits)
                .int("values", values.bits)
                .int("group-size", group_size(model, allocation, [keys, values]))
                .int("sink", allocation.sink)
                .int("recent", allocation.recent);
            for (name, format) in [("key-grid", keys), ("value-grid", values)] {
                if let Some(grid) = format.grid {
                    edit = edit.text(name, grid.name());
                }
            }
            if let (Some(order), Some(_)) = (&allocation.key_order, keys.grid) {
                edit = edit.text("key-order", order);
            }
            if !together {
                edit = edit.int("kv-head", head as u32);
            }
            if exponent > 0 && !keys.is_exact() {
                edit = edit.real("smoothing", f64::from(exponent) / 100.0);
            }
            if let Some(from) = allocation.shrink_from {
                edit = edit.int("shrink-from", from);
            }
            edits.push(edit);
        }
    }
    edits
}

/// Channels of a group: those of the blocks of an engine's grid, of the option on that of the edit.
fn group_size(model: &Model, allocation: &Allocation, formats: [&Format; 2]) -> u32 {
    if !allocation.engine {
        return allocation.group_size;
    }
    let blocks = formats.iter().filter_map(|format| format.grid.and_then(CacheGrid::group_size)).next();
    blocks.unwrap_or(model.head_dim)
}
