//! Spans that a checkpoint or an engine can say: a layer sees all that is before a token, or the last so many tokens, as many in every
//! layer that is limited.

mod config;
mod exporter;

use std::collections::{BTreeMap, BTreeSet};

use attune_core::exporter::ExportError;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::AttentionSpan;
use attune_vocabulary::{ModelEdit as _, ModelFacts};

pub(crate) use config::{Listed, Windowed, model_config, read_config};
pub(crate) use exporter::{Carrier, More, WindowExporter};

use crate::description::{Answer, Description, Only};

/// The only form of `attention-span` that such a checkpoint takes, as techniques are told it.
pub(crate) const ONE_WINDOW: Only = Only {
    word: "one-window",
    words: "in each layer all heads see everything, or the same last tokens, as many in every layer; no first tokens (`sink: 0`), no \
            share of the sequence (`beta: 0`)",
};
/// The same of engines that want a layer that sees everything.
pub(crate) const ONE_WINDOW_BESIDE_FULL: Only = Only {
    word: "one-window-beside-full",
    words: "in each layer all heads see everything, or the same last tokens, as many in every layer; at least one layer sees everything; no \
            first tokens (`sink: 0`), no share of the sequence (`beta: 0`)",
};
/// The shortest window: in generation transformers' cache of a window of one token keeps all of them, and attends to them.
const SHORTEST: u64 = 2;

/// A plan of this form.
#[derive(Debug)]
pub(crate) struct OneWindow {
    /// The limited layers.
    layers: BTreeSet<u32>,
    /// Tokens that they see, the query's own included.
    tokens: u64,
}

impl OneWindow {
    /// The windows of a plan, or why `target` cannot say it.
    ///
    /// # Errors
    /// [`ExportError::Inexpressible`].
    pub(crate) fn new(plan: &Plan, model: &ModelFacts, target: &Description) -> Result<Self, ExportError> {
        let refuse = |edit: &Edit, reason: String| ExportError::Inexpressible {
            target: target.name,
            edit: edit.to_string(),
            reason,
        };
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            return Err(refuse(one, format!("the plan also holds {other}, and both cannot be honoured")));
        }
        let mut spans = Vec::new();
        for edit in plan.edits() {
            if let Answer::Not(why) = target.answer(&edit.kind) {
                return Err(refuse(edit, why.to_owned()));
            }
            spans.push((edit, AttentionSpan::read(edit).map_err(|error| refuse(edit, error.to_string()))?));
        }
        Self::of_spans(&spans, model, target.name)?.ok_or_else(|| ExportError::Inexpressible {
            target: target.name,
            edit: plan.edits().first().map_or("(the plan has none)".to_owned(), Edit::to_string),
            reason: "every layer sees everything, which is the model as it is".to_owned(),
        })
    }

    /// The windows of the spans of a plan; `None` where every head sees everything.
    ///
    /// # Errors
    /// [`ExportError::Inexpressible`].
    pub(crate) fn of_spans(
        edits: &[(&Edit, AttentionSpan)],
        model: &ModelFacts,
        target: &'static str,
    ) -> Result<Option<Self>, ExportError> {
        let refuse = |edit: &Edit, reason: String| ExportError::Inexpressible {
            target,
            edit: edit.to_string(),
            reason,
        };
        let mut spans: BTreeMap<u32, (&Edit, BTreeMap<u32, u64>)> = BTreeMap::new();
        for (edit, span) in edits {
            if let Some(tokens) = tokens(span, model).map_err(|reason| refuse(edit, reason))? {
                spans.entry(span.layer).or_insert((edit, BTreeMap::new())).1.insert(span.kv_head, tokens);
            }
        }
        let mut common: Option<(u32, u64)> = None;
        for (&layer, (edit, heads)) in &spans {
            let says =
                |head| heads.get(&head).map_or("everything".to_owned(), |tokens| format!("{tokens} tokens"));
            let Some((&head, &tokens)) = heads.first_key_value() else { continue };
            if let Some(other) = (0..model.kv_heads).find(|other| heads.get(other) != Some(&tokens)) {
                let reason = format!(
                    "KV head {head} of the layer sees {} and KV head {other} {}, and there is one window for all heads of a layer; search with `unit: \"layer\"`, or use `--to transformers`",
                    says(head),
                    says(other)
                );
                return Err(refuse(edit, reason));
            }
            let (first, before) = *common.get_or_insert((layer, tokens));
            if tokens != before {
                let reason = format!(
                    "layer {first} sees {before} tokens and layer {layer} {tokens}, and a model has one `sliding_window`; search \
                     with `target: \"{target}\"` in the profile, or use `--to transformers`"
                );
                return Err(refuse(edit, reason));
            }
        }
        Ok(common.map(|(_, tokens)| Self { layers: spans.into_keys().collect(), tokens }))
    }

    /// The limited layers, ascending.
    pub(crate) fn layers(&self) -> &BTreeSet<u32> {
        &self.layers
    }

    /// Tokens that they see, the query's own included.
    pub(crate) fn tokens(&self) -> u64 {
        self.tokens
    }
}

/// Tokens that an edit lets a query see, its own included; `None` where that is all of them.
fn tokens(span: &AttentionSpan, model: &ModelFacts) -> Result<Option<u64>, String> {
    if span.layer >= model.layers {
        return Err(format!("the model has {} layers, counted from 0", model.layers));
    }
    if span.kv_head >= model.kv_heads {
        return Err(format!("the model has {} KV heads, counted from 0", model.kv_heads));
    }
    // A share of 1 is the whole sequence, which an edit may say.
    if span.beta >= 1.0 && span.alpha >= 0.0 {
        return Ok(None);
    }
    if span.sink > 0 {
        return Err(
            "windows of engines keep no first tokens; search with `sink: 0`, or use `--to transformers`"
                .to_owned(),
        );
    }
    if span.beta != 0.0 {
        return Err(
            "windows of engines do not grow with the sequence; search with `elastic: false`, or use `--to \
                    transformers`"
                .to_owned(),
        );
    }
    let tokens = if span.alpha.is_finite() { span.alpha.floor().max(1.0) as u64 } else { 0 };
    if tokens < SHORTEST {
        return Err(format!(
            "windows have {SHORTEST} tokens or more, the query's own included: transformers' cache of one token keeps all; search with a longer `alpha`"
        ));
    }
    Ok(Some(tokens))
}

/// What the family of the model is exported as, or a refusal of the first edit.
///
/// # Errors
/// [`ExportError::Inexpressible`].
pub(crate) fn one_family<T>(
    plan: &Plan,
    model: &ModelFacts,
    target: &'static str,
    found: Option<T>,
    known: &[&str],
) -> Result<T, ExportError> {
    found.ok_or_else(|| ExportError::Inexpressible {
        target,
        edit: plan.edits().first().map_or("(the plan has none)".to_owned(), Edit::to_string),
        reason: format!(
            "windows of {} are known, and this model is of {}; use `--to transformers`",
            known.join(", "),
            model.family
        ),
    })
}
