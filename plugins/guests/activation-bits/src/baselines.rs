//! The same bits everywhere, on either side of the budgets.

use attune_guest::Baseline;

use crate::allocation::Allocation;

pub(crate) fn all(allocation: &Allocation) -> Vec<Baseline> {
    let Allocation { activations, weights, .. } = allocation;
    let baseline = |name: &str, what: &str, (a, w): (usize, usize)| {
        let (a_bits, w_bits) = (activations.bits[a], weights.bits[w]);
        let help = format!("activations in {a_bits} and weights in {w_bits} bits everywhere{what}");
        Baseline::new(name, &help, allocation.uniform(a, w))
    };
    let (within, weights_within) = (activations.within(), weights.within());
    let mut baselines = Vec::new();
    if let (Some(&a), Some(&w)) = (within.last(), weights_within.last()) {
        baselines.push(baseline("default", ": the largest uniform levels within the budgets", (a, w)));
    }
    if let (Some(a), Some(w)) = (activations.at_least(), weights.at_least()) {
        let what = ": the smallest uniform levels that cost as much as the budgets or more";
        baselines.push(baseline("uniform", what, (a, w)));
    }
    for w in weights_within {
        for &a in &within {
            let (a_bits, w_bits) = (activations.bits[a], weights.bits[w]);
            let name = match (allocation.searches_activations(), weights.is_choice()) {
                (true, true) => format!("uniform-w{w_bits}a{a_bits}"),
                (true, false) => format!("uniform-{a_bits}"),
                _ => format!("uniform-{w_bits}"),
            };
            baselines.push(baseline(&name, "", (a, w)));
        }
    }
    baselines
}
