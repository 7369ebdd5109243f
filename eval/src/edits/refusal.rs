//! Edits that this evaluator cannot honour, or that have no meaning for the model.

use attune_core::evaluator::EvalFailure;
use attune_core::plan::{AttentionSpan, Edit, KeepExperts, KvBits};

use crate::model::DecoderConfig;

/// Name of the evaluator in refusals and in its info.
pub(crate) const NATIVE: &str = "native";

pub(super) fn unsupported(edit: &Edit, reason: String) -> EvalFailure {
    EvalFailure::Unsupported { evaluator: NATIVE.to_owned(), edit: edit.to_open().to_string(), reason }
}

/// Why `edit` cannot be applied to a model of this shape, if it cannot.
pub(super) fn check(edit: &Edit, config: &DecoderConfig) -> Result<(), String> {
    if matches!(edit, Edit::CombineCheckpoints(_)) {
        return Err(
            "the model has one checkpoint; only image generators with several can be mixed".to_owned()
        );
    }
    if edit.layer() as usize >= config.layers {
        return Err(format!("the model has layers 0 to {}", config.layers - 1));
    }
    match edit {
        Edit::KeepExperts(keep) => keep_experts(keep, config),
        Edit::KvBits(bits) => kv_bits(bits, config),
        Edit::AttentionSpan(span) => attention_span(span, config),
        Edit::CombineCheckpoints(_) => Ok(()),
    }
}

fn keep_experts(keep: &KeepExperts, config: &DecoderConfig) -> Result<(), String> {
    let mixture = config.mixture.ok_or("the model has no experts")?;
    if let Some(expert) = keep.experts.iter().find(|&&expert| expert as usize >= mixture.experts) {
        return Err(format!("there is no expert {expert}; the model has 0 to {}", mixture.experts - 1));
    }
    if keep.experts.len() < mixture.per_token {
        return Err(format!(
            "it keeps {} experts, fewer than the {} that each token is routed to",
            keep.experts.len(),
            mixture.per_token
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
    let group = bits.group_size as usize;
    if group == 0 || !config.head_dim.is_multiple_of(group) {
        return Err(format!("a group of {group} channels does not divide the head of {}", config.head_dim));
    }
    Ok(())
}

fn attention_span(span: &AttentionSpan, config: &DecoderConfig) -> Result<(), String> {
    if span.kv_head as usize >= config.kv_heads {
        return Err(format!("the model has KV heads 0 to {}", config.kv_heads - 1));
    }
    if !span.alpha.is_finite() || !span.beta.is_finite() {
        return Err("alpha and beta must be finite".to_owned());
    }
    Ok(())
}
