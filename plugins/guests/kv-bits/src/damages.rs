//! The damage of bits, estimated from gradients (PM-KVQ, arXiv 2505.18610, §3.2), keys and values apart.

use attune_guest::{Damages, Model, SignalRequest, Signals};

use crate::allocation::Allocation;
use crate::format::EXACT;

const ERROR: &str = "kv-quantisation-error";

/// The error of the very cache that the edits describe; `None` where it is on an engine's grid, of which no signal says the error.
pub(crate) fn signals(allocation: &Allocation) -> Option<Vec<SignalRequest>> {
    let bits = quantised(allocation);
    if allocation.engine {
        return None;
    }
    if bits.is_empty() {
        return Some(Vec::new());
    }
    let error = SignalRequest::new(ERROR)
        .ints("bits", &bits)
        .int("group-size", allocation.group_size)
        .int("sink", allocation.sink)
        .int("recent", allocation.recent);
    Some(vec![error])
}

/// The errors of whatever shares its bits are added up; exact bits do no damage.
pub(crate) fn damages(allocation: &Allocation, model: &Model, signals: &Signals) -> Result<Damages, String> {
    let bits = quantised(allocation);
    let (heads, parts, widths) = (model.kv_heads as usize, 2, bits.len());
    let cells = allocation.cells() as usize;
    if bits.is_empty() {
        return Ok(vec![vec![vec![0.0; allocation.formats.len()]; cells]]);
    }
    let axes =
        [("layer", model.layers), ("kv-head", model.kv_heads), ("part", 2), ("bits", bits.len() as u32)];
    let errors = signals.get(ERROR, &axes)?.ok_or(format!("signal `{ERROR}` was not measured"))?;
    let (own_heads, own_parts) = (allocation.heads as usize, allocation.parts as usize);
    let damage = |cell: usize, level: u32| -> f64 {
        let Some(width) = bits.iter().position(|&bits| bits == level) else { return 0.0 };
        let (place, head, part) =
            (cell / (own_heads * own_parts), cell / own_parts % own_heads, cell % own_parts);
        let sharing =
            |own: usize, of: usize, number: usize| if own == 1 { 0..of } else { number..number + 1 };
        let of_layer = |&layer: &u32| -> f64 {
            sharing(own_heads, heads, head)
                .flat_map(|head| sharing(own_parts, parts, part).map(move |part| (head, part)))
                .map(|(head, part)| errors[((layer as usize * heads + head) * parts + part) * widths + width])
                .sum()
        };
        allocation.layers_at(place).iter().map(of_layer).sum()
    };
    let cell = |cell: usize| allocation.formats.iter().map(|format| damage(cell, format.bits)).collect();
    Ok(vec![(0..cells).map(cell).collect()])
}

fn quantised(allocation: &Allocation) -> Vec<u32> {
    allocation.formats.iter().map(|format| format.bits).filter(|&bits| bits != EXACT).collect()
}
