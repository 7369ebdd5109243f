//! What a search has to beat: the published criteria, which rank blocks one by one.

use attune_guest::{Baseline, Config, Signals, Value};

use crate::units::{Dropping, HALVES, Unit};

/// How much a block, or one half of it, turns what enters it: 1 − the mean cosine similarity of what enters and what
/// leaves (ShortGPT, arXiv 2403.03853, eq. 1).
pub(crate) const INFLUENCE: &str = "block-influence";
/// Its axis `part` has the halves, then the whole block.
const PARTS: u32 = HALVES.len() as u32 + 1;

pub(crate) fn all(dropping: &Dropping, signals: &Signals) -> Result<Vec<Baseline>, String> {
    let axes = [("layer", dropping.blocks), ("part", PARTS)];
    let uniform = uniform(dropping);
    let mut baselines = Vec::new();
    match signals.get(INFLUENCE, &axes)? {
        Some(values) => {
            let least = config(influence(dropping, values));
            let help = "the units with the least influence: where a study starts";
            baselines.push(Baseline::new("default", help, least.clone()));
            let help = "the units with the least influence (ShortGPT, arXiv 2403.03853)";
            baselines.push(Baseline::new("influence", help, least));
        }
        None => {
            let help = "evenly spread over depth: where a study starts";
            baselines.push(Baseline::new("default", help, config(uniform.clone())));
        }
    }
    let help = "the last units but those of the last layer (arXiv 2403.17887)";
    baselines.push(Baseline::new("last", help, config(last(dropping))));
    let help = "evenly spread over depth; the first and the last layer stay where that is possible";
    baselines.push(Baseline::new("uniform", help, config(uniform)));
    Ok(baselines)
}

fn config(mut units: Vec<u32>) -> Config {
    units.sort_unstable();
    vec![vec![Value::Indices(units)]]
}

/// The units with the least influence; of equal ones the later is dropped first.
fn influence(dropping: &Dropping, values: &[f64]) -> Vec<u32> {
    let of = |unit: u32| {
        let (layer, half) = dropping.place(unit);
        values[layer as usize * PARTS as usize + half.unwrap_or(HALVES.len())]
    };
    let mut units: Vec<u32> = (0..dropping.units()).collect();
    units.sort_by(|&a, &b| of(a).total_cmp(&of(b)).then(b.cmp(&a)));
    units.truncate(dropping.drop as usize);
    units
}

/// The last units; the last layer stays, and if more than all others go, the last unit.
fn last(dropping: &Dropping) -> Vec<u32> {
    let end = (dropping.units() - dropping.per_layer()).max(dropping.drop);
    (end - dropping.drop..end).collect()
}

/// Evenly over depth: of parts as many attention as feed-forward parts, and an odd one is attention.
fn uniform(dropping: &Dropping) -> Vec<u32> {
    let Dropping { unit, drop, .. } = *dropping;
    let layers = dropping.layers.len() as u32;
    if unit != Unit::Parts {
        return spread(layers, drop).collect();
    }
    let attention = spread(layers, drop.div_ceil(2)).map(|layer| 2 * layer);
    attention.chain(spread(layers, drop / 2).map(|layer| 2 * layer + 1)).collect()
}

/// `count` of `layers` layers in the middles of equal stretches. The first layer stays if one stays, and the last if
/// two do.
fn spread(layers: u32, count: u32) -> impl Iterator<Item = u32> {
    let kept = (layers - count).min(2);
    let (first, stretch) = (kept.min(1), u64::from(layers - kept));
    let count = u64::from(count);
    (0..count).map(move |index| first + ((2 * index + 1) * stretch / (2 * count)) as u32)
}
