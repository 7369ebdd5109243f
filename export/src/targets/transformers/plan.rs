//! What of a plan the module computes.

use attune_core::exporter::{Exactness, ExportError};
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::{AttentionSpan, KvBits};
use attune_vocabulary::{CACHE_ELEMENTS, ModelEdit as _, ModelFacts};

use super::description::{BY_ITSELF, GROWING};
use super::{DESCRIPTION, TARGET};
use crate::description::Answer;

/// Takes or refuses a plan.
pub(super) fn check(plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
    let model = &ModelFacts::of(facts);
    if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
        return Err(refuse(one, format!("the plan also holds {other}, and both cannot be honoured")));
    }
    let mut grows = false;
    for edit in plan.edits() {
        if let Answer::Not(why) = DESCRIPTION.answer(&edit.kind) {
            return Err(refuse(edit, why));
        }
        if model.family == BY_ITSELF {
            let reason = format!(
                "transformers computes the attention of a {BY_ITSELF} past its AttentionInterface, where no module reaches it; use `--to plan`"
            );
            return Err(refuse(edit, reason));
        }
        let place = if edit.kind == KvBits::KIND {
            let bits = KvBits::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
            cache(&bits, facts, model).map_err(|reason| refuse(edit, reason))?;
            (bits.layer, bits.kv_head)
        } else {
            let span = AttentionSpan::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
            if !(span.alpha.is_finite() && span.beta.is_finite()) {
                return Err(refuse(edit, "alpha and beta have to be finite"));
            }
            grows |= span.beta != 0.0;
            (span.layer, Some(span.kv_head))
        };
        let (layers, heads) = (model.layers, model.kv_heads);
        if place.0 >= layers {
            return Err(refuse(edit, format!("the model has {layers} layers, counted from 0")));
        }
        if place.1.is_some_and(|head| head >= heads) {
            return Err(refuse(edit, format!("the model has {heads} KV heads, counted from 0")));
        }
    }
    if plan.edits().is_empty() {
        let edit = "(the plan has none)".to_owned();
        let reason = "nothing is edited, and transformers loads the model as it is".to_owned();
        return Err(ExportError::Inexpressible { target: TARGET, edit, reason });
    }
    Ok(if grows { Exactness::Approximate { reason: GROWING.to_owned() } } else { Exactness::Exact })
}

/// Why the module does not store a cache like this.
fn cache(bits: &KvBits, facts: &Facts, model: &ModelFacts) -> Result<(), String> {
    if facts.values.contains_key(CACHE_ELEMENTS) {
        return Err("the cache of this model holds one latent per token for all heads, and no keys and values of heads: few bits of it \
                    are not computed; use `--to plan`"
            .to_owned());
    }
    if bits.smoothing.is_some() && bits.keys < 16 {
        return Err("keys are smoothed by scales that are measured on calibration data, which an export has not; search without \
                    `smoothing`, or use `--to plan`"
            .to_owned());
    }
    if bits.group_size == 0 || !model.head_dim.is_multiple_of(bits.group_size) {
        return Err(format!(
            "a group of {} channels does not divide the head of {}; search with a `group-size` that does",
            bits.group_size, model.head_dim
        ));
    }
    Ok(())
}

fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_string(), reason: reason.into() }
}
