//! The same bits everywhere, on either side of the budget: what an engine does on its own.

use attune_guest::{Baseline, Value};

use crate::allocation::Allocation;
use crate::parts::Part;

/// How far sums in another order may be apart.
const ROUNDING: f64 = 1e-9;

pub(crate) fn all(allocation: &Allocation) -> Vec<Baseline> {
    let limit = allocation.limit();
    let mut by_cost = allocation.levels.clone();
    by_cost.sort_by(|&a, &b| allocation.uniform(a).total_cmp(&allocation.uniform(b)));
    let mut baselines = Vec::new();
    let mut add = |name: &str, what: &str, bits: u32| {
        let help = format!("{}{what}", everywhere(allocation, bits));
        let cells = |part: &Part| {
            let level = part.standing_for(bits) as u32;
            vec![Value::Index(level); part.cells().count()]
        };
        baselines.push(Baseline::new(name, &help, allocation.parts.iter().map(cells).collect()));
    };
    let within = |bits: &&u32| allocation.uniform(**bits) <= limit + ROUNDING;
    let affordable: Vec<u32> = by_cost.iter().take_while(within).copied().collect();
    if let Some(&bits) = affordable.last() {
        add("default", ": the largest uniform level within the budget", bits);
    }
    if let Some(&bits) = by_cost.iter().find(|&&bits| allocation.uniform(bits) >= limit - ROUNDING) {
        let what = ": the smallest uniform level that costs as much as the budget or more";
        add("uniform", what, bits);
    }
    for bits in affordable {
        add(&format!("uniform-{bits}"), "", bits);
    }
    baselines
}

/// `4 bits everywhere`, and what stands in for them in modules that have no such codes.
fn everywhere(allocation: &Allocation, bits: u32) -> String {
    let mut others: Vec<u32> =
        allocation.parts.iter().map(|part| part.levels[part.standing_for(bits)]).collect();
    others.retain(|&other| other != bits);
    others.sort_unstable();
    others.dedup();
    let others: Vec<String> = others.iter().map(|other| format!(", {other} where there are none")).collect();
    format!("{bits} bits everywhere{}", others.concat())
}
