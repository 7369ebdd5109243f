//! The damage of bits, estimated from gradients (PM-KVQ, arXiv 2505.18610, §3.2), keys and values apart.

use attune_guest::{Damages, Model, Options, SignalRequest, Signals};

use crate::allocation::{Allocation, EXACT};

const ERROR: &str = "kv-quantisation-error";

/// The error of the very cache that the edits describe.
pub(crate) fn signals(allocation: &Allocation, options: &Options) -> Vec<SignalRequest> {
    let bits = quantised(allocation);
    if bits.is_empty() {
        return Vec::new();
    }
    let error = SignalRequest::new(ERROR)
        .ints("bits", &bits)
        .int("group-size", allocation.group_size)
        .int("sink", options.int("sink"))
        .int("recent", options.int("recent"));
    vec![error]
}

/// Heads of one layer share their bits, so their errors are added up; exact bits do no damage.
pub(crate) fn damages(allocation: &Allocation, model: &Model, signals: &Signals) -> Result<Damages, String> {
    let bits = quantised(allocation);
    let (heads, parts, widths) = (model.kv_heads as usize, 2, bits.len());
    if bits.is_empty() {
        return Ok(vec![vec![vec![0.0; allocation.levels.len()]; model.layers as usize * parts]]);
    }
    let axes =
        [("layer", model.layers), ("kv-head", model.kv_heads), ("part", 2), ("bits", bits.len() as u32)];
    let errors = signals.get(ERROR, &axes)?.ok_or(format!("signal `{ERROR}` was not measured"))?;
    let damage = |layer: usize, part: usize, level: u32| -> f64 {
        let Some(width) = bits.iter().position(|&bits| bits == level) else { return 0.0 };
        (0..heads).map(|head| errors[((layer * heads + head) * parts + part) * widths + width]).sum()
    };
    let cell = |cell: usize| {
        allocation.levels.iter().map(|&level| damage(cell / parts, cell % parts, level)).collect()
    };
    Ok(vec![(0..model.layers as usize * parts).map(cell).collect()])
}

fn quantised(allocation: &Allocation) -> Vec<u32> {
    allocation.levels.iter().copied().filter(|&level| level != EXACT).collect()
}
