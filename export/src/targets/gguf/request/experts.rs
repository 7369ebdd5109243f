//! Experts that stay, and how many a token is routed to: one number each for the whole model.

use std::collections::BTreeMap;

use attune_core::exporter::ExportError;
use attune_vocabulary::edits::{ExpertsPerToken, KeepExperts};

use super::{Edits, Model, refuse};

/// The experts of layers that keep some, and how many a token is routed to where that changes.
pub(super) type Experts = (BTreeMap<u32, Vec<u32>>, Option<u32>);

pub(super) fn read(
    keeps: &Edits<'_, KeepExperts>,
    counts: &Edits<'_, ExpertsPerToken>,
    layers: &[u32],
    model: &Model,
) -> Result<Experts, ExportError> {
    let all = model.facts.experts;
    let mixtures: Vec<u32> = layers.iter().copied().filter(|layer| model.mixtures.contains(layer)).collect();
    for (edit, keep) in keeps {
        if !model.mixtures.contains(&keep.layer) {
            return Err(refuse(edit, format!("layer {} has no experts", keep.layer)));
        }
        if let Some(expert) = keep.experts.iter().find(|expert| **expert >= all) {
            let reason =
                format!("there is no expert {expert}: the model has {all} per layer, counted from 0");
            return Err(refuse(edit, reason));
        }
    }
    for (edit, count) in counts {
        if !model.mixtures.contains(&count.layer) {
            return Err(refuse(edit, format!("layer {} has no experts", count.layer)));
        }
    }
    let kept: BTreeMap<u32, Vec<u32>> =
        keeps.iter().map(|(_, keep)| (keep.layer, keep.experts.clone())).collect();
    let left = |layer: u32| kept.get(&layer).map_or(all as usize, Vec::len);
    let per_token = |layer: u32| {
        let own = counts.iter().find(|(_, count)| count.layer == layer);
        own.map_or(model.facts.experts_per_token, |(_, count)| count.count)
    };
    for (edit, keep) in keeps.iter().filter(|(_, keep)| mixtures.contains(&keep.layer)) {
        if let Some(&other) = mixtures.iter().find(|&&other| left(other) != left(keep.layer)) {
            let reason = format!(
                "layer {} keeps {} experts and layer {other} has {}, and a file has one `expert_count` for all layers; search \
                 with the same number of experts in every layer, or use `--to plan`",
                keep.layer,
                left(keep.layer),
                left(other)
            );
            return Err(refuse(edit, reason));
        }
        let (kept, routed) = (left(keep.layer), per_token(keep.layer));
        if kept < routed.max(1) as usize {
            let layer = keep.layer;
            let reason = format!(
                "it keeps {kept} of layer {layer}'s experts, and the router picks {routed} per token; keep at least as many"
            );
            return Err(refuse(edit, reason));
        }
    }
    for (edit, count) in counts.iter().filter(|(_, count)| mixtures.contains(&count.layer)) {
        if let Some(&other) = mixtures.iter().find(|&&other| per_token(other) != count.count) {
            let reason = format!(
                "layer {} routes each token to {} experts and layer {other} to {}, and llama.cpp routes all layers of this \
                 family alike; search with the same number in every layer, or use `--to plan`",
                count.layer,
                count.count,
                per_token(other)
            );
            return Err(refuse(edit, reason));
        }
        let left = left(count.layer);
        if count.count == 0 || count.count as usize > left {
            let layer = count.layer;
            let reason = format!("layer {layer} has {left} experts; route each token to 1 to {left} of them");
            return Err(refuse(edit, reason));
        }
    }
    let kept = kept.into_iter().filter(|(layer, _)| mixtures.contains(layer)).collect();
    let changed = mixtures.first().map(|&layer| per_token(layer));
    Ok((kept, changed.filter(|count| *count != model.facts.experts_per_token)))
}
