//! Rules of query heads, or why MoA has none like them.

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::AttentionSpan;
use attune_vocabulary::{CACHE_ELEMENTS, ModelEdit as _, ModelFacts};
use serde::Serialize;

use super::description::{FAMILY, SINK};
use super::{DESCRIPTION, TARGET};
use crate::description::Answer;

/// MoA's JSON: of each layer its query heads. A head keeps `alpha + beta·N` tokens of `N`, the first ones included.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Rules {
    alphas: Vec<Vec<f64>>,
    betas: Vec<Vec<f64>>,
}

impl Rules {
    pub(super) fn new(plan: &Plan, facts: &Facts) -> Result<Self, ExportError> {
        let model = ModelFacts::of(facts);
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            return Err(refuse(one, format!("the plan also holds {other}, and both cannot be honoured")));
        }
        // A dense head keeps everything: N of N.
        let lists = |value: f64| vec![vec![value; model.heads as usize]; model.layers as usize];
        let mut rules = Self { alphas: lists(0.0), betas: lists(1.0) };
        for edit in plan.edits() {
            if let Answer::Not(why) = DESCRIPTION.answer(&edit.kind) {
                return Err(refuse(edit, why));
            }
            if model.family != FAMILY || facts.values.contains_key(CACHE_ELEMENTS) {
                let reason = format!(
                    "MoA's code is for models of the family {FAMILY}, and this one is of {}; use `--to transformers`",
                    model.family
                );
                return Err(refuse(edit, reason));
            }
            let span = AttentionSpan::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
            rules.set(&span, &model).map_err(|reason| refuse(edit, reason))?;
        }
        if plan.edits().is_empty() {
            let edit = "(the plan has none)".to_owned();
            let reason = "every head sees everything, which is the model as it is".to_owned();
            return Err(ExportError::Inexpressible { target: TARGET, edit, reason });
        }
        Ok(rules)
    }

    /// The rule of the query heads that share a KV head.
    fn set(&mut self, span: &AttentionSpan, model: &ModelFacts) -> Result<(), String> {
        if span.layer >= model.layers {
            return Err(format!("the model has {} layers, counted from 0", model.layers));
        }
        if span.kv_head >= model.kv_heads {
            return Err(format!("the model has {} KV heads, counted from 0", model.kv_heads));
        }
        if span.sink > SINK {
            return Err(format!(
                "MoA keeps {SINK} first tokens; search with `sink: {SINK}`, or use `--to transformers`"
            ));
        }
        if !(span.alpha.is_finite() && span.beta.is_finite()) {
            return Err("alpha and beta have to be finite".to_owned());
        }
        let group = (model.heads / model.kv_heads.max(1)) as usize;
        let (layer, first) = (span.layer as usize, span.kv_head as usize * group);
        self.alphas[layer][first..first + group].fill(f64::from(SINK) + span.alpha);
        self.betas[layer][first..first + group].fill(span.beta);
        Ok(())
    }
}

fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_string(), reason: reason.into() }
}
