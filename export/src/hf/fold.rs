//! What a plan does to a checkpoint, or why a checkpoint cannot say it.

use attune_core::exporter::ExportError;
use attune_core::facts::ModelFacts;
use attune_core::plan::{Edit, KeepExperts, Plan};

use super::TARGET;

/// The kept experts of every layer; the same number in each.
#[derive(Debug)]
pub(super) struct Fold {
    kept: Vec<Vec<u32>>,
    /// Experts of a layer before the fold.
    pub(super) of: u32,
}

impl Fold {
    pub(super) fn new(plan: &Plan, model: &ModelFacts) -> Result<Self, ExportError> {
        let Some(first) = plan.edits().first() else {
            let reason = "the result would be the dense model, which already is in this layout".to_owned();
            return Err(ExportError::Inexpressible {
                target: TARGET,
                edit: "(the plan has none)".to_owned(),
                reason,
            });
        };
        let edits = plan.edits().iter().map(keep_experts).collect::<Result<Vec<_>, _>>()?;
        if model.family != "mixtral" {
            return Err(refuse(first, family(&model.family)));
        }
        if let Some((one, other)) = plan.conflict() {
            let reason = format!("the plan also holds {}, and both cannot be honoured", other.to_open());
            return Err(refuse(one, reason));
        }
        let mut kept = vec![(0..model.experts).collect::<Vec<u32>>(); model.layers as usize];
        for (edit, keep) in plan.edits().iter().zip(edits) {
            check(keep, model).map_err(|reason| refuse(edit, reason))?;
            kept[keep.layer as usize].clone_from(&keep.experts);
        }
        uniform(&kept, plan, model.experts)?;
        Ok(Self { kept, of: model.experts })
    }

    /// Experts of a layer after the fold.
    pub(super) fn count(&self) -> u32 {
        self.kept.first().map_or(0, |kept| kept.len() as u32)
    }

    /// The kept experts of every layer, ascending; the position is the new number.
    pub(super) fn kept(&self) -> &[Vec<u32>] {
        &self.kept
    }

    /// The new number of an expert, if it is kept.
    pub(super) fn renumbered(&self, layer: u32, expert: u32) -> Option<usize> {
        self.kept.get(layer as usize)?.binary_search(&expert).ok()
    }
}

pub(super) fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_open().to_string(), reason: reason.into() }
}

fn keep_experts(edit: &Edit) -> Result<&KeepExperts, ExportError> {
    match edit {
        Edit::KeepExperts(keep) => Ok(keep),
        Edit::KvBits(_) => Err(refuse(
            edit,
            "the Hugging Face layout has no per-layer format of the KV cache; use `--to plan`",
        )),
        Edit::AttentionSpan(_) => {
            Err(refuse(edit, "the Hugging Face layout has no attention span per head; use `--to plan`"))
        }
        Edit::CombineCheckpoints(_) => Err(refuse(edit, "only checkpoints of image generators are mixed")),
    }
}

fn family(family: &str) -> String {
    let why = if family.contains("moe") || family.starts_with("deepseek") || family.starts_with("olmo") {
        "; another mixture folds exactly only where it renormalises the weights of the chosen experts \
         (`norm_topk_prob: true`), and this exporter does not check that yet"
    } else {
        ""
    };
    format!(
        "experts are folded for models of the family mixtral, and this one is of {family}{why}; use `--to plan`"
    )
}

fn check(keep: &KeepExperts, model: &ModelFacts) -> Result<(), String> {
    let KeepExperts { layer, experts } = keep;
    if *layer >= model.layers {
        return Err(format!("the model has {} layers, counted from 0", model.layers));
    }
    if let Some(expert) = experts.iter().find(|expert| **expert >= model.experts) {
        let count = model.experts;
        return Err(format!("there is no expert {expert}: the model has {count} per layer, counted from 0"));
    }
    if experts.is_empty() || (experts.len() as u32) < model.experts_per_token {
        return Err(format!(
            "it keeps {} of layer {layer}'s experts, and the router picks {} per token; keep at least as many",
            experts.len(),
            model.experts_per_token
        ));
    }
    Ok(())
}

/// `num_local_experts` is one integer for the whole model.
fn uniform(kept: &[Vec<u32>], plan: &Plan, experts: u32) -> Result<(), ExportError> {
    const REMEDY: &str = "config.json has one `num_local_experts` for all layers; search with the same number \
                          of experts in every layer, or use `--to plan`";
    let Some(first) = kept.first() else { return Ok(()) };
    let Some(layer) = kept.iter().position(|kept| kept.len() != first.len()) else { return Ok(()) };
    let edited = |layer: usize| plan.edits().iter().find(|edit| edit.layer() as usize == layer);
    let says = |layer: usize| match edited(layer) {
        Some(_) => format!("{} of {experts} experts of layer {layer}", kept[layer].len()),
        None => format!("all {experts} experts of layer {layer}, which has no edit"),
    };
    let reason = format!("the plan keeps {} but {}, and {REMEDY}", says(0), says(layer));
    // One of the two layers has an edit: they differ, and layers without one are alike.
    match edited(layer).or_else(|| edited(0)) {
        Some(edit) => Err(refuse(edit, reason)),
        None => Ok(()),
    }
}
