//! Allocations that need no search.

use attune_guest::{Baseline, Config, Value};

use crate::allocation::Allocation;

pub(crate) fn all(allocation: &Allocation) -> Vec<Baseline> {
    let Allocation { formats, average, .. } = allocation;
    let everywhere = |keys: usize, values: usize| -> Config {
        let pair = [Value::Index(keys as u32), Value::Index(values as u32)];
        let parts = allocation.parts as usize;
        let cells = vec![&pair[..parts]; (allocation.places() * allocation.heads) as usize].concat();
        with_smoothing(allocation, cells)
    };
    let stored = |index: usize| formats[index].stored;
    let mut by_cost: Vec<usize> = (0..formats.len()).collect();
    // With a large overhead, 8 bits and their scales may take more than 16 exact ones.
    by_cost.sort_by(|&a, &b| stored(a).total_cmp(&stored(b)));
    let what = if allocation.engine { "format" } else { "level" };
    let mut baselines = Vec::new();
    if let Some(&within) = by_cost.iter().rfind(|&&index| stored(index) <= *average) {
        let help =
            format!("{} everywhere: the largest uniform {what} within the budget", formats[within].name());
        baselines.push(Baseline::new("default", &help, everywhere(within, within)));
        baselines.push(Baseline::new("uniform-within", &help, everywhere(within, within)));
    }
    if let Some(&above) = by_cost.iter().find(|&&index| stored(index) >= *average) {
        let help = format!(
            "{} everywhere: the smallest uniform {what} that costs as much as the budget or more",
            formats[above].name()
        );
        baselines.push(Baseline::new("uniform", &help, everywhere(above, above)));
    }
    let apart = if allocation.parts == 2 { keys_first(allocation) } else { None };
    if let Some((keys, values)) = apart {
        let help = format!(
            "{} for keys and {} for values everywhere: the pair within the budget that gives keys more",
            formats[keys].name(),
            formats[values].name()
        );
        baselines.push(Baseline::new("keys-first", &help, everywhere(keys, values)));
    }
    baselines.extend(outer(allocation));
    baselines
}

fn with_smoothing(allocation: &Allocation, cells: Vec<Value>) -> Config {
    let mut config = vec![cells];
    if allocation.smoothing.len() > 1 {
        // The smallest exponent, which is no smoothing where that is among them.
        config.push(vec![Value::Index(0); allocation.layers.len()]);
    }
    config
}

/// The pair of formats with more bits for keys than for values that fills the budget best; of equals the
/// most even one. Keys are the sensitive part: 8-bit keys with 4-bit values reach perplexity 9.4 where the
/// reverse reaches 221 (KVTuner, arXiv 2502.04420, Qwen2.5-7B).
fn keys_first(allocation: &Allocation) -> Option<(usize, usize)> {
    let Allocation { formats, average, .. } = allocation;
    let cost = |&(keys, values): &(usize, usize)| allocation.stored_pair(keys, values);
    (0..formats.len())
        .flat_map(|keys| (0..keys).map(move |values| (keys, values)))
        .filter(|pair| cost(pair) <= *average)
        .max_by(|a, b| cost(a).total_cmp(&cost(b)).then((b.0 - b.1).cmp(&(a.0 - a.1))))
}

/// Where layers have one format or stay exact: the outermost layers stay, as many as the budget allows, the first before the last.
/// What people set by hand, and what vLLM does of itself for its own formats of few bits.
fn outer(allocation: &Allocation) -> Option<Baseline> {
    let [rounded, exact] = &allocation.formats[..] else { return None };
    if !allocation.two_level || allocation.whole || !exact.is_exact() {
        return None;
    }
    let places = allocation.places() as usize;
    let average =
        |kept: usize| (kept as f64 * exact.stored + (places - kept) as f64 * rounded.stored) / places as f64;
    let kept = (1..places).rfind(|&kept| average(kept) <= allocation.average)?;
    let (first, last) = (kept.div_ceil(2), kept / 2);
    let stays = |place: usize| place < first || place >= places - last;
    let width = (allocation.heads * allocation.parts) as usize;
    let cells = (0..places).flat_map(|place| vec![Value::Index(stays(place).into()); width]).collect();
    let help = format!(
        "the first {first} and the last {last} layers exact, {} between: as many exact ones as the budget allows",
        rounded.name()
    );
    Some(Baseline::new("outer", &help, with_smoothing(allocation, cells)))
}
