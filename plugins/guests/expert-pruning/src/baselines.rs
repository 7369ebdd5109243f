//! What EEP compares with (arXiv 2407.00945, §4.1), without the search, and what a study starts from.

use attune_guest::{Baseline, Config, Signals};

use crate::pruning::Pruning;

/// How often the router selects each expert.
pub(crate) const FREQUENCY: &str = "expert-frequency";
/// The router's probability of each expert, summed over tokens.
pub(crate) const SOFT_ACTIVATION: &str = "expert-soft-activation";
/// For every number of kept experts, 1 for the ones whose answers are nearest to those of all, else 0.
pub(crate) const RECONSTRUCTION: &str = "expert-reconstruction";
/// 1 for every expert that the plan keeps which the study starts from, else 0.
pub(crate) const START: &str = "start-experts";

pub(crate) fn all(pruning: &Pruning, signals: &Signals) -> Result<Vec<Baseline>, String> {
    let first = vec![(0..pruning.keep).collect(); pruning.groups as usize];
    let help = "the first experts of every layer: no knowledge at all";
    let mut baselines = vec![Baseline::new("default", help, pruning.keeping(first))];
    let axes = [("layer", pruning.blocks), ("expert", pruning.experts)];
    let ranked = [
        (FREQUENCY, "frequency", "the experts that the router selects most often"),
        (SOFT_ACTIVATION, "soft-activation", "the experts with the largest summed router probability"),
    ];
    for (signal, name, help) in ranked {
        if let Some(values) = signals.get(signal, &axes)? {
            baselines.push(Baseline::new(name, help, top(pruning, values)));
        }
    }
    let sizes = [axes[0], ("kept", pruning.experts), axes[1]];
    if let Some(values) = signals.get(RECONSTRUCTION, &sizes)? {
        let help =
            "the experts whose answers are nearest to those of all, layer by layer (NAEE, arXiv 2402.14800)";
        baselines.push(Baseline::new("naee", help, top(pruning, &nearest(pruning, values))));
    }
    if let Some(values) = signals.get(START, &axes)? {
        let help = "the kept experts that the study starts from";
        baselines.push(Baseline::new("start", help, start(pruning, values)?));
    }
    Ok(baselines)
}

/// `[layer][expert]`: 1 for the experts of the nearest subset of the size that is kept.
fn nearest(pruning: &Pruning, values: &[f64]) -> Vec<f64> {
    let (experts, keep) = (pruning.experts as usize, pruning.keep as usize);
    let layers = values.chunks_exact(experts * experts);
    layers.flat_map(|sizes| &sizes[(keep - 1) * experts..][..experts]).copied().collect()
}

/// The experts of each group with the largest values, summed over its layers; ties go to the lower index.
fn top(pruning: &Pruning, values: &[f64]) -> Config {
    let experts = pruning.experts as usize;
    let mut sums = vec![vec![0.0; experts]; pruning.groups as usize];
    for (layer, group) in pruning.grouped_layers() {
        let row = &values[layer as usize * experts..][..experts];
        for (sum, value) in sums[group].iter_mut().zip(row) {
            *sum += value;
        }
    }
    let subset = |sums: Vec<f64>| {
        let mut order: Vec<u32> = (0..pruning.experts).collect();
        order.sort_by(|&a, &b| sums[b as usize].total_cmp(&sums[a as usize]).then(a.cmp(&b)));
        order.truncate(pruning.keep as usize);
        order.sort_unstable();
        order
    };
    pruning.keeping(sums.into_iter().map(subset).collect())
}

/// The kept experts of every group, which all of its layers have to share.
fn start(pruning: &Pruning, values: &[f64]) -> Result<Config, String> {
    let mut kept: Vec<Option<(u32, Vec<u32>)>> = vec![None; pruning.groups as usize];
    for (layer, group) in pruning.grouped_layers() {
        let row = &values[layer as usize * pruning.experts as usize..][..pruning.experts as usize];
        let experts: Vec<u32> =
            (0..).zip(row).filter(|(_, value)| **value > 0.5).map(|(expert, _)| expert).collect();
        if experts.len() != pruning.keep as usize {
            return Err(format!(
                "the plan that the study starts from keeps {} experts in layer {layer}, and `keep` is {}; make them \
                 agree",
                experts.len(),
                pruning.keep
            ));
        }
        match &kept[group] {
            Some((first, other)) if *other != experts => {
                return Err(format!(
                    "the plan that the study starts from keeps other experts in layer {layer} than in layer {first}, \
                     and `groups` of {} gives them one choice; set `groups` as that study had it, or to 0",
                    pruning.groups
                ));
            }
            _ => kept[group] = Some((layer, experts)),
        }
    }
    Ok(pruning.keeping(kept.into_iter().flatten().map(|(_, experts)| experts).collect()))
}
