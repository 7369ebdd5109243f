//! Edits that this evaluator cannot honour, or that have no meaning for the model.

use attune_core::evaluator::EvalFailure;
use attune_core::plan::{
    AttentionSpan, Edit, ExpertsPerToken, KeepExperts, KvBits, MergeExperts, Module, Plan, RouteExperts,
    WeightBits,
};

use crate::model::{DecoderConfig, Mixture};

/// Name of the evaluator in refusals and in its info.
pub(crate) const NATIVE: &str = "native";

pub(super) fn unsupported(edit: &Edit, reason: String) -> EvalFailure {
    EvalFailure::Unsupported { evaluator: NATIVE.to_owned(), edit: edit.to_open().to_string(), reason }
}

/// Why `edit` cannot be applied to a model of this shape beside the other edits of `plan`, if it cannot.
pub(super) fn check(edit: &Edit, plan: &Plan, config: &DecoderConfig) -> Result<(), String> {
    if matches!(edit, Edit::CombineCheckpoints(_)) {
        return Err(
            "the model has one checkpoint; only image generators with several can be mixed".to_owned()
        );
    }
    if edit.layer() as usize >= config.layers {
        return Err(format!("the model has layers 0 to {}", config.layers - 1));
    }
    let mixture = || config.mixture.ok_or("the model has no experts");
    let layer = ExpertLayer::of(plan, edit.layer());
    match edit {
        Edit::KeepExperts(keep) => keep_experts(keep, &layer, mixture()?),
        Edit::KvBits(bits) => kv_bits(bits, config),
        Edit::AttentionSpan(span) => attention_span(span, config),
        Edit::CombineCheckpoints(_) => Ok(()),
        Edit::MergeExperts(MergeExperts { rows, matrix, .. }) => {
            expert_matrix(*rows, matrix, layer.route, "route-experts", &layer, mixture()?)
        }
        Edit::RouteExperts(RouteExperts { rows, matrix, .. }) => {
            expert_matrix(*rows, matrix, layer.merge, "merge-experts", &layer, mixture()?)
        }
        Edit::ExpertsPerToken(edit) => experts_per_token(edit, &layer, mixture()?),
        Edit::WeightBits(bits) => weight_bits(bits, config),
    }
}

/// What the edits of one layer say about its experts.
#[derive(Default)]
struct ExpertLayer {
    /// Kept experts.
    kept: Option<usize>,
    /// Rows of the merging matrix.
    merge: Option<u32>,
    /// Rows of the routing matrix.
    route: Option<u32>,
    /// Experts per token.
    per_token: Option<usize>,
}

impl ExpertLayer {
    fn of(plan: &Plan, layer: u32) -> Self {
        let mut found = Self::default();
        for edit in plan.edits().iter().filter(|edit| edit.layer() == layer) {
            match edit {
                Edit::KeepExperts(keep) => found.kept = Some(keep.experts.len()),
                Edit::MergeExperts(merge) => found.merge = Some(merge.rows),
                Edit::RouteExperts(route) => found.route = Some(route.rows),
                Edit::ExpertsPerToken(edit) => found.per_token = Some(edit.count as usize),
                Edit::KvBits(_)
                | Edit::AttentionSpan(_)
                | Edit::WeightBits(_)
                | Edit::CombineCheckpoints(_) => {}
            }
        }
        found
    }

    fn per_token(&self, mixture: Mixture) -> usize {
        self.per_token.unwrap_or(mixture.per_token)
    }
}

fn expert_matrix(
    rows: u32,
    matrix: &[f64],
    other: Option<u32>,
    other_kind: &str,
    layer: &ExpertLayer,
    mixture: Mixture,
) -> Result<(), String> {
    let (rows, experts) = (rows as usize, mixture.experts);
    if !(1..=experts).contains(&rows) || matrix.len() != rows * experts {
        return Err(format!(
            "its matrix has {} numbers in {rows} rows; expected 1 to {experts} rows of {experts} numbers, one \
             for each expert of the model",
            matrix.len()
        ));
    }
    if !matrix.iter().all(|&number| (number as f32).is_finite()) {
        return Err("its matrix must be finite in float32".to_owned());
    }
    match other {
        Some(other) if other as usize != rows => {
            return Err(format!("it has {rows} rows, and {other_kind} of the same layer has {other}"));
        }
        None if rows != experts => {
            return Err(format!(
                "it has {rows} rows; without {other_kind} in the same layer it needs {experts}, one for each \
                 expert of the model"
            ));
        }
        _ => {}
    }
    let per_token = layer.per_token(mixture);
    if rows < per_token {
        return Err(format!(
            "it has {rows} rows, fewer than the {per_token} experts that each token is routed to"
        ));
    }
    Ok(())
}

fn experts_per_token(edit: &ExpertsPerToken, layer: &ExpertLayer, mixture: Mixture) -> Result<(), String> {
    let rows = layer.merge.or(layer.route).map(|rows| rows as usize);
    let experts = layer.kept.or(rows).unwrap_or(mixture.experts);
    if !(1..=experts).contains(&(edit.count as usize)) {
        return Err(format!("the layer has {experts} experts; expected a count from 1 to {experts}"));
    }
    Ok(())
}

fn keep_experts(keep: &KeepExperts, layer: &ExpertLayer, mixture: Mixture) -> Result<(), String> {
    if let Some(expert) = keep.experts.iter().find(|&&expert| expert as usize >= mixture.experts) {
        return Err(format!("there is no expert {expert}; the model has 0 to {}", mixture.experts - 1));
    }
    let per_token = layer.per_token(mixture);
    if keep.experts.len() < per_token {
        return Err(format!(
            "it keeps {} experts, fewer than the {per_token} that each token is routed to",
            keep.experts.len(),
        ));
    }
    Ok(())
}

fn kv_bits(bits: &KvBits, config: &DecoderConfig) -> Result<(), String> {
    for (what, bits) in [("keys", bits.keys), ("values", bits.values)] {
        if !matches!(bits, 1..=8 | 16) {
            return Err(format!("{what} in {bits} bits; expected 1 to 8, or 16 for exact"));
        }
    }
    kv_head(bits.kv_head, config)?;
    if let Some(exponent) = bits.smoothing.filter(|exponent| !(0.0..=1.0).contains(exponent)) {
        return Err(format!("keys smoothed by the exponent {exponent}; expected 0 to 1"));
    }
    if let Some(from) = bits.shrink_from {
        if !matches!(from, 2 | 4 | 8 | 16) {
            return Err(format!("codes shrink from {from} bits; expected 2, 4, 8 or 16"));
        }
        for (what, bits) in [("keys", bits.keys), ("values", bits.values)] {
            if !shrinks_to(from, bits) {
                return Err(format!(
                    "{what} in {bits} bits, which {from} bits halved any number of times are not"
                ));
            }
        }
    }
    let group = bits.group_size as usize;
    if group == 0 || !config.head_dim.is_multiple_of(group) {
        return Err(format!("a group of {group} channels does not divide the head of {}", config.head_dim));
    }
    Ok(())
}

fn kv_head(head: Option<u32>, config: &DecoderConfig) -> Result<(), String> {
    match head {
        Some(head) if head as usize >= config.kv_heads => {
            Err(format!("the model has KV heads 0 to {}", config.kv_heads - 1))
        }
        _ => Ok(()),
    }
}

/// Whether `bits` are exact, or `from` halved some number of times.
fn shrinks_to(from: u32, bits: u32) -> bool {
    bits == 16 || (bits <= from && from.is_multiple_of(bits) && (from / bits).is_power_of_two())
}

fn attention_span(span: &AttentionSpan, config: &DecoderConfig) -> Result<(), String> {
    kv_head(Some(span.kv_head), config)?;
    if !span.alpha.is_finite() || !span.beta.is_finite() {
        return Err("alpha and beta must be finite".to_owned());
    }
    Ok(())
}

fn weight_bits(bits: &WeightBits, config: &DecoderConfig) -> Result<(), String> {
    if !WeightBits::LEVELS.contains(&bits.bits) {
        return Err(format!("weights in {} bits; expected 2, 3, 4, 5, 6 or 8, or 16 for exact", bits.bits));
    }
    if let Some(expert) = bits.expert {
        let mixture = config.mixture.ok_or("the model has no experts")?;
        if !bits.module.is_feed_forward() {
            return Err(format!(
                "{} is no module of an expert; those are gate, up and down",
                bits.module.name()
            ));
        }
        if expert as usize >= mixture.experts {
            return Err(format!("there is no expert {expert}; the model has 0 to {}", mixture.experts - 1));
        }
    }
    let inputs = match bits.module {
        Module::Output => config.heads * config.head_dim,
        Module::Down => config.feed_forward,
        Module::Query | Module::Key | Module::Value | Module::Gate | Module::Up => config.hidden,
    };
    let group = bits.group_size as usize;
    if group == 0 || !inputs.is_multiple_of(group) {
        return Err(format!("a group of {group} channels does not divide the {inputs} inputs"));
    }
    Ok(())
}
