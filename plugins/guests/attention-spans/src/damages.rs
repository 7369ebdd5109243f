//! The damage of a rule, estimated from gradients (MoA, arXiv 2406.14909, Eq. 4): what it does to the loss that nobody
//! sees what lies as far back as the rule's span, or farther.

use attune_guest::{Damages, Options, SignalRequest, Signals};

use crate::heads::Heads;

const INFLUENCE: &str = "attention-influence";

/// The influence beside the sink, which every head keeps.
pub(crate) fn signals(options: &Options) -> Vec<SignalRequest> {
    vec![SignalRequest::new(INFLUENCE).int("sink", options.int("sink"))]
}

/// Every cell's damage under every rule in a sequence as long as the signal was measured on. KV heads that share a
/// rule are added up.
pub(crate) fn damages(heads: &Heads, signals: &Signals) -> Result<Damages, String> {
    let axes = ["layer", "kv-head", "distance"];
    let (lens, influence) =
        signals.with_axes(INFLUENCE, &axes)?.ok_or(format!("signal `{INFLUENCE}` was not measured"))?;
    let [layers, kv_heads, tokens] = lens[..] else { return Err("it has three axes".to_owned()) };
    if (layers, kv_heads) != (heads.blocks, heads.kv_heads) || tokens == 0 {
        return Err(format!(
            "signal `{INFLUENCE}` has {layers} layers of {kv_heads} KV heads, expected {} of {}",
            heads.blocks, heads.kv_heads
        ));
    }
    // What lies this far back or farther.
    let beyond: Vec<f64> = influence.chunks_exact(tokens as usize).flat_map(sums_from_behind).collect();
    let per_cell = (heads.kv_heads / heads.cells) as usize;
    let damage = |cell: usize, rule: usize| -> f64 {
        let span = heads.rules[rule].seen(tokens) as usize;
        if span >= tokens as usize {
            return 0.0;
        }
        let own_cells = heads.cells as usize;
        let layer = heads.layers[cell / own_cells] as usize;
        let first = layer * heads.kv_heads as usize + cell % own_cells * per_cell;
        (first..first + per_cell).map(|head| beyond[head * tokens as usize + span]).sum()
    };
    let cells = heads.count() as usize;
    let row = |cell| (0..heads.rules.len()).map(|rule| damage(cell, rule)).collect();
    Ok(vec![(0..cells).map(row).collect()])
}

/// At every place the sum from there to the end.
fn sums_from_behind(values: &[f64]) -> Vec<f64> {
    let mut sums: Vec<f64> = values
        .iter()
        .rev()
        .scan(0.0, |sum, value| {
            *sum += value;
            Some(*sum)
        })
        .collect();
    sums.reverse();
    sums
}
