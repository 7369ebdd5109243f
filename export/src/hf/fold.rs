//! What a plan does to a checkpoint, or why a checkpoint cannot say it.

mod layer;

use attune_core::exporter::ExportError;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::{
    AttentionSpan, CombineCheckpoints, ExpertsPerToken, KeepExperts, KvBits, MergeExperts, RouteExperts,
    WeightBits,
};
use attune_vocabulary::{ModelEdit as _, layer};

use super::TARGET;
pub(super) use layer::FoldedLayer;

/// The experts of every layer; the same number in each.
#[derive(Debug)]
pub(super) struct Fold {
    layers: Vec<FoldedLayer>,
    /// Experts of a layer before the fold.
    pub(super) of: u32,
    /// Experts per token after the fold, in every layer.
    pub(super) per_token: u32,
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
        if let Some((edit, reason)) = plan.edits().iter().find_map(|edit| Some((edit, foreign(edit)?))) {
            return Err(refuse(edit, reason));
        }
        if model.family != "mixtral" {
            return Err(refuse(first, family(&model.family)));
        }
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            let reason = format!("the plan also holds {other}, and both cannot be honoured");
            return Err(refuse(one, reason));
        }
        let mut layers = vec![FoldedLayer::whole(model.experts); model.layers as usize];
        let mut per_token = vec![model.experts_per_token; model.layers as usize];
        for edit in plan.edits() {
            let Some(layer) = layers.get_mut(layer(edit) as usize) else {
                return Err(refuse(edit, format!("the model has {} layers, counted from 0", model.layers)));
            };
            layer.apply(edit, model.experts).map_err(|reason| refuse(edit, reason))?;
            if let Some(ExpertsPerToken { layer, count }) = ExpertsPerToken::of(edit) {
                per_token[layer as usize] = count;
            }
        }
        for edit in plan.edits() {
            let number = layer(edit) as usize;
            layers[number].check(edit, per_token[number]).map_err(|reason| refuse(edit, reason))?;
        }
        uniform(&layers, plan, model.experts)?;
        let per_token = uniform_per_token(&per_token, plan)?;
        Ok(Self { layers, of: model.experts, per_token })
    }

    /// Experts of a layer after the fold.
    pub(super) fn count(&self) -> u32 {
        self.layers.first().map_or(0, |layer| layer.rows.len() as u32)
    }

    /// Whether an expert is a combination of several, so that its numbers are computed and not copied.
    pub(super) fn merges(&self) -> bool {
        let mut weights = self.layers.iter().flat_map(|layer| &layer.weights);
        weights.any(|terms| !matches!(terms[..], [(1.0, _)]))
    }

    /// What a layer holds afterwards; the position is the new number.
    pub(super) fn layer(&self, layer: u32) -> &FoldedLayer {
        &self.layers[layer as usize]
    }
}

pub(super) fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_string(), reason: reason.into() }
}

/// The edits that fold into a checkpoint.
const FOLDED: [&str; 4] = [KeepExperts::KIND, MergeExperts::KIND, RouteExperts::KIND, ExpertsPerToken::KIND];

/// Why an edit is none of experts, if it is none.
fn foreign(edit: &Edit) -> Option<String> {
    let kind = edit.kind.as_str();
    let why = match kind {
        _ if FOLDED.contains(&kind) => return None,
        KvBits::KIND => "the Hugging Face layout has no per-layer format of the KV cache; use `--to plan`",
        AttentionSpan::KIND => "the Hugging Face layout has no attention span per head; use `--to plan`",
        WeightBits::KIND => {
            "this exporter writes weights as they are stored, not in few bits; use `--to plan`"
        }
        CombineCheckpoints::KIND => "only checkpoints of image generators are mixed",
        _ => return Some(format!("this exporter folds {}; use `--to plan`", FOLDED.join(", "))),
    };
    Some(why.to_owned())
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

/// `num_local_experts` is one integer for the whole model.
fn uniform(layers: &[FoldedLayer], plan: &Plan, experts: u32) -> Result<(), ExportError> {
    const REMEDY: &str = "config.json has one `num_local_experts` for all layers; search with the same number \
                          of experts in every layer, or use `--to plan`";
    let count = |layer: usize| layers[layer].rows.len();
    let Some(layer) = (1..layers.len()).find(|&layer| count(layer) != count(0)) else { return Ok(()) };
    let changes = |edit: &&Edit| edit.kind != ExpertsPerToken::KIND;
    let edited = |number: usize| {
        plan.edits().iter().filter(changes).find(|edit| attune_vocabulary::layer(edit) as usize == number)
    };
    let says = |layer: usize| match edited(layer) {
        Some(edit) if edit.kind == KeepExperts::KIND => {
            format!("keeps {} of {experts} experts of layer {layer}", count(layer))
        }
        Some(_) => format!("leaves {} experts in layer {layer}", count(layer)),
        None => format!("keeps all {experts} experts of layer {layer}, which has no edit"),
    };
    let reason = format!("the plan {} but {}, and {REMEDY}", says(0), says(layer));
    // One of the two layers has an edit: they differ, and layers without one are alike.
    match edited(layer).or_else(|| edited(0)) {
        Some(edit) => Err(refuse(edit, reason)),
        None => Ok(()),
    }
}

/// `num_experts_per_tok` as well.
fn uniform_per_token(per_token: &[u32], plan: &Plan) -> Result<u32, ExportError> {
    let Some(&first) = per_token.first() else { return Ok(0) };
    let Some(layer) = per_token.iter().position(|&count| count != first) else { return Ok(first) };
    let reason = format!(
        "layer 0 routes each token to {first} experts and layer {layer} to {}, and config.json has one \
         `num_experts_per_tok` for all layers; search with the same number in every layer, or use `--to plan`",
        per_token[layer]
    );
    let is_count = |edit: &&Edit| edit.kind == ExpertsPerToken::KIND;
    match plan.edits().iter().find(is_count) {
        Some(edit) => Err(refuse(edit, reason)),
        None => Ok(first),
    }
}
