//! Allocations that need no search.

use attune_guest::{Baseline, Config, Value};

use crate::allocation::Allocation;

pub(crate) fn all(allocation: &Allocation) -> Vec<Baseline> {
    let Allocation { levels, average, .. } = allocation;
    let everywhere = |keys: usize, values: usize| -> Config {
        let pair = [Value::Index(keys as u32), Value::Index(values as u32)];
        let parts = allocation.parts as usize;
        let mut config = vec![vec![&pair[..parts]; (allocation.layers * allocation.heads) as usize].concat()];
        if allocation.smoothing.len() > 1 {
            // The smallest exponent, which is no smoothing where that is among them.
            config.push(vec![Value::Index(0); allocation.layers as usize]);
        }
        config
    };
    let stored = |index: usize| allocation.stored_bits(levels[index]);
    let mut by_cost: Vec<usize> = (0..levels.len()).collect();
    // With a large overhead, 8 bits and their scales may take more than 16 exact ones.
    by_cost.sort_by(|&a, &b| stored(a).total_cmp(&stored(b)));
    let mut baselines = Vec::new();
    if let Some(&within) = by_cost.iter().rfind(|&&index| stored(index) <= *average) {
        let help = format!("{} bits everywhere: the largest uniform level within the budget", levels[within]);
        baselines.push(Baseline::new("default", &help, everywhere(within, within)));
        baselines.push(Baseline::new("uniform-within", &help, everywhere(within, within)));
    }
    if let Some(&above) = by_cost.iter().find(|&&index| stored(index) >= *average) {
        let help = format!(
            "{} bits everywhere: the smallest uniform level that costs as much as the budget or more",
            levels[above]
        );
        baselines.push(Baseline::new("uniform", &help, everywhere(above, above)));
    }
    let apart = if allocation.parts == 2 { keys_first(allocation) } else { None };
    if let Some((keys, values)) = apart {
        let help = format!(
            "{} bits for keys and {} for values everywhere: the pair within the budget that gives keys more",
            levels[keys], levels[values]
        );
        baselines.push(Baseline::new("keys-first", &help, everywhere(keys, values)));
    }
    baselines
}

/// The pair of levels with more bits for keys than for values that fills the budget best; of equals the
/// most even one. Keys are the sensitive part: 8-bit keys with 4-bit values reach perplexity 9.4 where the
/// reverse reaches 221 (KVTuner, arXiv 2502.04420, Qwen2.5-7B).
fn keys_first(allocation: &Allocation) -> Option<(usize, usize)> {
    let Allocation { levels, average, .. } = allocation;
    let cost = |&(keys, values): &(usize, usize)| allocation.stored_pair(levels[keys], levels[values]);
    (0..levels.len())
        .flat_map(|keys| (0..keys).map(move |values| (keys, values)))
        .filter(|pair| cost(pair) <= *average)
        .max_by(|a, b| cost(a).total_cmp(&cost(b)).then((b.0 - b.1).cmp(&(a.0 - a.1))))
}
