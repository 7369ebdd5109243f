//! Folding a plan into a checkpoint: what it does there, or why a checkpoint cannot say it.

mod layer;

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_families::Family;
use attune_families::schema::Scores;
use attune_families::tensors::ExpertNames;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::{ExpertsPerToken, KeepExperts, MergeExperts, RouteExperts};
use attune_vocabulary::{ModelEdit as _, layer};

use super::families::mixtures;
use super::{DESCRIPTION, TARGET};
use crate::description::Answer;
pub(super) use layer::FoldedLayer;

/// The experts of every layer; the same number in each.
#[derive(Debug)]
pub(super) struct Fold {
    layers: Vec<FoldedLayer>,
    /// Experts of a layer before the fold.
    pub(super) of: u32,
    /// Experts per token after the fold, in every layer.
    pub(super) per_token: u32,
    family: &'static Family,
    names: ExpertNames,
    /// The layers with experts.
    mixtures: Vec<u32>,
    /// The first edit that maps the router, if there is one.
    mapped: Option<Edit>,
}

impl Fold {
    pub(super) fn new(plan: &Plan, facts: &Facts) -> Result<Self, ExportError> {
        let model = &ModelFacts::of(facts);
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
        let known =
            attune_families::find(&model.family).and_then(|family| Some((family, ExpertNames::of(family)?)));
        let Some((family, names)) = known else { return Err(refuse(first, no_experts(&model.family))) };
        let mixtures = attune_vocabulary::expert_layers(facts).unwrap_or_else(|| (0..model.layers).collect());
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
        uniform(&layers, &mixtures, plan, (model.experts, family))?;
        let per_token = uniform_per_token(&per_token, &mixtures, plan)?;
        let mapped = plan.edits().iter().find(|edit| edit.kind == RouteExperts::KIND).cloned();
        let router = family.mixture.map(|rule| rule.router);
        if let (Some(edit), Some(router)) = (&mapped, router)
            && router.correction.is_some()
            && router.scores == Scores::Softmax
        {
            let reason = "the router adds a number to shares of all experts before it chooses, and those of a router with \
                          other rows are larger; use keep-experts alone, or `--to plan`";
            return Err(refuse(edit, reason));
        }
        Ok(Self { layers, of: model.experts, per_token, family, names, mixtures, mapped })
    }

    /// Experts of a layer after the fold.
    pub(super) fn count(&self) -> u32 {
        self.mixtures.first().map_or(0, |&layer| self.layer(layer).rows.len() as u32)
    }

    /// Whether an expert is a combination of several, so that its numbers are computed and not copied.
    pub(super) fn merges(&self) -> bool {
        let mut weights = self.layers.iter().flat_map(|layer| &layer.weights);
        weights.any(|terms| !matches!(terms[..], [(1.0, _)]))
    }

    pub(super) fn family(&self) -> &'static Family {
        self.family
    }

    pub(super) fn names(&self) -> &ExpertNames {
        &self.names
    }

    /// The layers with experts.
    pub(super) fn mixtures(&self) -> &[u32] {
        &self.mixtures
    }

    /// An edit that maps the router: its one-hot rows are rows of the router only where the weights of the chosen experts
    /// are rescaled, because a softmax over fewer experts has other numbers.
    pub(super) fn mapped(&self) -> Option<&Edit> {
        self.mapped.as_ref()
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
fn foreign(edit: &Edit) -> Option<&'static str> {
    match DESCRIPTION.answer(&edit.kind) {
        Answer::Not(why) => Some(why),
        _ if FOLDED.contains(&edit.kind.as_str()) => None,
        // Other edits that are taken are those of other parts of this exporter.
        _ => Some("only checkpoints of image generators are mixed"),
    }
}

fn no_experts(family: &str) -> String {
    format!(
        "experts are folded for models of {}, and this one is of {family}; use `--to plan`",
        mixtures().join(", ")
    )
}

/// `num_local_experts` is one integer for the whole model.
fn uniform(
    layers: &[FoldedLayer],
    mixtures: &[u32],
    plan: &Plan,
    (experts, family): (u32, &Family),
) -> Result<(), ExportError> {
    let key = family.mixture.map_or("num_local_experts", |rule| rule.experts.keys[0]);
    let remedy = format!(
        "config.json has one `{key}` for all layers; search with the same number of experts in every layer, or use \
         `--to plan`"
    );
    let count = |layer: usize| layers[layer].rows.len();
    let Some(&zero) = mixtures.first() else { return Ok(()) };
    let zero = zero as usize;
    let mut others = mixtures.iter().map(|&layer| layer as usize);
    let Some(layer) = others.find(|&layer| count(layer) != count(zero)) else { return Ok(()) };
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
    let reason = format!("the plan {} but {}, and {remedy}", says(zero), says(layer));
    // One of the two layers has an edit: they differ, and layers without one are alike.
    match edited(layer).or_else(|| edited(zero)) {
        Some(edit) => Err(refuse(edit, reason)),
        None => Ok(()),
    }
}

/// `num_experts_per_tok` as well.
fn uniform_per_token(per_token: &[u32], mixtures: &[u32], plan: &Plan) -> Result<u32, ExportError> {
    let Some(&zero) = mixtures.first() else { return Ok(0) };
    let first = per_token[zero as usize];
    let mut layers = mixtures.iter().map(|&layer| layer as usize);
    let Some(layer) = layers.find(|&layer| per_token[layer] != first) else { return Ok(first) };
    let reason = format!(
        "layer {zero} routes each token to {first} experts and layer {layer} to {}, and config.json has one \
         `num_experts_per_tok` for all layers; search with the same number in every layer, or use `--to plan`",
        per_token[layer]
    );
    let is_count = |edit: &&Edit| edit.kind == ExpertsPerToken::KIND;
    match plan.edits().iter().find(is_count) {
        Some(edit) => Err(refuse(edit, reason)),
        None => Ok(first),
    }
}
