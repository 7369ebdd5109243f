//! What EEP compares with (arXiv 2407.00945, §4.1), without the search.

use attune_guest::{Baseline, Config, Signals, Value};

use crate::pruning::Pruning;

/// How often the router selects each expert.
pub(crate) const FREQUENCY: &str = "expert-frequency";
/// The router's probability of each expert, summed over tokens.
pub(crate) const SOFT_ACTIVATION: &str = "expert-soft-activation";

pub(crate) fn all(pruning: &Pruning, signals: &Signals) -> Result<Vec<Baseline>, String> {
    let first = Value::Indices((0..pruning.keep).collect());
    let default = vec![vec![first; pruning.groups as usize]];
    let mut baselines =
        vec![Baseline::new("default", "the first experts of every layer: no knowledge at all", default)];
    let ranked = [
        (FREQUENCY, "frequency", "the experts that the router selects most often"),
        (SOFT_ACTIVATION, "soft-activation", "the experts with the largest summed router probability"),
    ];
    for (signal, name, help) in ranked {
        let axes = [("layer", pruning.layers), ("expert", pruning.experts)];
        if let Some(values) = signals.get(signal, &axes)? {
            baselines.push(Baseline::new(name, help, top(pruning, values)));
        }
    }
    Ok(baselines)
}

/// The experts of each group with the largest values, summed over its layers; ties go to the lower index.
fn top(pruning: &Pruning, values: &[f64]) -> Config {
    let experts = pruning.experts as usize;
    let mut sums = vec![vec![0.0; experts]; pruning.groups as usize];
    for layer in 0..pruning.layers {
        let row = &values[layer as usize * experts..][..experts];
        for (sum, value) in sums[pruning.group_of(layer)].iter_mut().zip(row) {
            *sum += value;
        }
    }
    let subset = |sums: Vec<f64>| {
        let mut order: Vec<u32> = (0..pruning.experts).collect();
        order.sort_by(|&a, &b| sums[b as usize].total_cmp(&sums[a as usize]).then(a.cmp(&b)));
        order.truncate(pruning.keep as usize);
        order.sort_unstable();
        Value::Indices(order)
    };
    vec![sums.into_iter().map(subset).collect()]
}
