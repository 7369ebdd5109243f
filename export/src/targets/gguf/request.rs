//! What a plan asks of the file, or why it cannot be had.

mod blocks;
mod experts;
mod levels;

use std::collections::BTreeMap;

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::{DropBlock, EmbeddingBits, ExpertsPerToken, KeepExperts, KvBits, WeightBits};
use attune_vocabulary::{Embedding, ModelFacts, Module, NumberGrid};

use super::architecture::{self, Architecture};
use super::cache::{BLOCK, Cache, key_order};
use super::description::{CACHES, CODES, GELU, KEYS, SIXTEEN};
use super::{DESCRIPTION, TARGET, refuse};
use crate::description::Answer;

/// A plan, as far as this target takes it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) architecture: &'static Architecture,
    /// The layers that stay, by their old numbers, ascending.
    pub(super) layers: Vec<u32>,
    /// The experts of layers that keep some, by the layers' old numbers; the position is the new number.
    pub(super) experts: BTreeMap<u32, Vec<u32>>,
    /// Experts per token, where there are others than before.
    pub(super) per_token: Option<u32>,
    /// Grids of matrices by old layer and module; in a mixture, of all experts that stay.
    pub(super) grids: BTreeMap<(u32, Module), NumberGrid>,
    /// Grids of the matrices outside of the blocks.
    pub(super) embeddings: BTreeMap<Embedding, NumberGrid>,
    pub(super) cache: Cache,
    /// In what llama.cpp differs from what was scored, if it does.
    pub(super) approximation: Option<String>,
}

impl Request {
    pub(super) fn new(plan: &Plan, facts: &Facts) -> Result<Self, ExportError> {
        let model = &Model::of(facts);
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            return Err(refuse(one, format!("the plan also holds {other}, and both cannot be honoured")));
        }
        for edit in plan.edits() {
            if let Answer::Not(why) = DESCRIPTION.answer(&edit.kind) {
                return Err(refuse(edit, why));
            }
        }
        let Some(architecture) = architecture::find(&model.facts.family) else {
            let edit = plan.edits().first().map_or("(the plan has none)".to_owned(), Edit::to_string);
            let known = architecture::names().join(", ");
            let reason = format!(
                "files are written for models of {known}, and this one is of {}; use `--to plan`",
                model.facts.family
            );
            return Err(ExportError::Inexpressible { target: TARGET, edit, reason });
        };
        for edit in plan.edits() {
            let layer = attune_vocabulary::layer(edit);
            if layer >= model.facts.layers {
                return Err(refuse(
                    edit,
                    format!("the model has {} layers, counted from 0", model.facts.layers),
                ));
            }
        }
        let layers = blocks::kept(&all::<DropBlock>(plan)?, model)?;
        let (experts, per_token) =
            experts::read(&all::<KeepExperts>(plan)?, &all::<ExpertsPerToken>(plan)?, &layers, model)?;
        let grids = levels::read(&all::<WeightBits>(plan)?, &layers, &experts, model)?;
        let embeddings = levels::embeddings(&all::<EmbeddingBits>(plan)?, architecture, facts)?;
        let cache = Cache::read(&all::<KvBits>(plan)?, &layers, &model.facts)?;
        let has_codes = !grids.is_empty() || !embeddings.is_empty();
        let approximation = approximation(has_codes, cache, architecture, &model.facts);
        Ok(Self { architecture, layers, experts, per_token, grids, embeddings, cache, approximation })
    }
}

fn approximation(
    has_codes: bool,
    cache: Cache,
    architecture: &Architecture,
    model: &ModelFacts,
) -> Option<String> {
    let reasons = [
        (has_codes, CODES),
        (cache.keys.is_some() || cache.values.is_some(), CACHES),
        (
            cache.keys.is_some()
                && model.head_dim > BLOCK
                && cache.key_order != key_order(architecture, model),
            KEYS,
        ),
        (model.bytes_per_parameter < 4.0, SIXTEEN),
        (architecture.gelu, GELU),
    ];
    let reasons: Vec<&str> = reasons.into_iter().filter(|(holds, _)| *holds).map(|(_, why)| why).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// The edits of one kind, each in its open and its typed form.
type Edits<'a, E> = Vec<(&'a Edit, E)>;

fn all<E: attune_vocabulary::ModelEdit>(plan: &Plan) -> Result<Edits<'_, E>, ExportError> {
    let of_kind = plan.edits().iter().filter(|edit| edit.kind == E::KIND);
    of_kind.map(|edit| Ok((edit, E::read(edit).map_err(|error| refuse(edit, error.to_string()))?))).collect()
}

/// The model of a plan.
struct Model {
    facts: ModelFacts,
    /// The layers with experts.
    mixtures: Vec<u32>,
}

impl Model {
    fn of(facts: &Facts) -> Self {
        let model = ModelFacts::of(facts);
        let all = || (0..if model.experts > 0 { model.layers } else { 0 }).collect();
        let mixtures = attune_vocabulary::expert_layers(facts).unwrap_or_else(all);
        Self { facts: model, mixtures }
    }

    /// How many experts have a module of a layer; 0 where it is none of experts.
    fn experts(&self, layer: u32, module: Module) -> u32 {
        let mixture = module.is_feed_forward() && self.mixtures.contains(&layer);
        if mixture { self.facts.experts } else { 0 }
    }

    /// Input channels of a module.
    fn inputs(&self, module: Module) -> u32 {
        match module {
            Module::Output => self.facts.heads * self.facts.head_dim,
            Module::Down => self.facts.feed_forward,
            _ => self.facts.hidden,
        }
    }
}
