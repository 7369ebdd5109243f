//! Checkpoints without the blocks that a plan skips: their tensors are left out and the rest is numbered anew.

use std::collections::{BTreeMap, BTreeSet};

use attune_core::exporter::{ExportError, ExportInput, FileSink};
use attune_core::plan::Plan;
use attune_families::schema::Names;
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::{DropBlock, Half};
use serde::Serialize;
use serde_json::{Map, Value};

use super::families::{alike, are_alike};
use super::fold::refuse;
use super::moves::{Job, Made, Move, named};
use super::shards::{self, Tensors};
use super::{DESCRIPTION, TARGET};
use crate::checkpoint::{CONFIG, Companions, Layout, bad, config_text, copy, patched, with_manifest, write};

/// `max_window_layers` where it is absent, in the families that have the key.
const FIRST_WINDOW: u64 = 28;

/// The blocks that stay.
pub(super) struct Blocks {
    /// Ascending.
    kept: Vec<u32>,
    /// What every tensor of a block is called before the block's number.
    prefix: &'static str,
}

impl Blocks {
    /// Whether a plan skips blocks: then it is for this part of the exporter.
    pub(super) fn has(plan: &Plan) -> bool {
        plan.edits().iter().any(|edit| edit.kind == DropBlock::KIND)
    }

    pub(super) fn new(plan: &Plan, model: &ModelFacts) -> Result<Self, ExportError> {
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            return Err(refuse(one, format!("the plan also holds {other}, and both cannot be honoured")));
        }
        let halves = |layer: u32| -> Vec<Half> {
            let drops = plan.edits().iter().filter_map(DropBlock::of).filter(|drop| drop.layer == layer);
            drops.flat_map(|drop| drop.part.map_or(Half::ALL.to_vec(), |half| vec![half])).collect()
        };
        let mut dropped = BTreeSet::new();
        let known = attune_families::find(&model.family).filter(|family| are_alike(family));
        for edit in plan.edits() {
            let drop = (edit.kind == DropBlock::KIND).then(|| DropBlock::read(edit)).transpose();
            let drop = drop.map_err(|error| refuse(edit, error.to_string()))?;
            let Some(DropBlock { layer, .. }) = drop else {
                return Err(refuse(
                    edit,
                    "beside skipped blocks this exporter takes nothing else; use `--to plan`",
                ));
            };
            if layer >= model.layers {
                return Err(refuse(edit, format!("the model has {} layers, counted from 0", model.layers)));
            }
            if halves(layer).len() < Half::ALL.len() {
                let reason = "a checkpoint has whole blocks, and one half of this one stays; search with `unit: \"block\"`, \
                              or use `--to plan`";
                return Err(refuse(edit, reason));
            }
            dropped.insert(layer);
            if known.is_none() {
                let known = alike().join(", ");
                let family = &model.family;
                let reason =
                    format!("blocks of {known} are known, and this model is of {family}; use `--to plan`");
                return Err(refuse(edit, reason));
            }
        }
        let kept = (0..model.layers).filter(|layer| !dropped.contains(layer)).collect();
        Ok(Self { kept, prefix: known.map_or(Names::LLAMA.layers, |family| family.names.layers) })
    }

    pub(super) fn export(
        &self,
        input: &ExportInput<'_>,
        model: &ModelFacts,
        sink: &mut dyn FileSink,
    ) -> Result<(), ExportError> {
        let config = self.config(&config_text(input.files)?, model.layers)?;
        let layout = Layout::open(input.files)?;
        let jobs = self.jobs(&layout, model.layers)?;
        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            let tensors = shards::write_shards(input.files, &layout, &jobs, sink)?;
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.as_bytes())?;
            Ok(Done { exact: EXACT, layers_before: model.layers, layers: self.kept.clone(), tensors, files })
        })
    }

    /// config.json with as many layers as are left, and what it lists per layer.
    pub(super) fn config(&self, text: &str, layers: u32) -> Result<String, ExportError> {
        let keys: Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
        if keys.contains_key("text_config") {
            let expected =
                "a language model, and this is a model of several parts: save its language model by itself";
            return Err(bad(CONFIG, "`text_config`", expected));
        }
        if keys.get("num_hidden_layers").is_some_and(|found| *found != layers) {
            let found = format!("`num_hidden_layers` is {}", keys["num_hidden_layers"]);
            return Err(bad(CONFIG, found, layers.to_string()));
        }
        let mut changes = BTreeMap::from([("num_hidden_layers", self.kept.len().to_string())]);
        let types = keys.get("layer_types").and_then(Value::as_array);
        if let Some(types) = types {
            let kept = self.kept.iter().filter_map(|&layer| types.get(layer as usize)).cloned();
            changes.insert("layer_types", Value::Array(kept.collect()).to_string());
        }
        let windows = keys.get("use_sliding_window") == Some(&Value::Bool(true));
        let first = keys.get("max_window_layers").and_then(Value::as_u64);
        if let Some(first) = first.or((windows && types.is_none()).then_some(FIRST_WINDOW)) {
            // Windows begin at this layer, so at as many as are left before it.
            let before = self.kept.iter().filter(|&&layer| u64::from(layer) < first).count() as u64;
            let beyond = first.saturating_sub(u64::from(layers));
            changes.insert("max_window_layers", (before + beyond).to_string());
        }
        patched(text, &changes)
    }

    fn jobs<'a>(&self, layout: &'a Layout, layers: u32) -> Result<Vec<Job<'a>>, ExportError> {
        let mut seen = BTreeSet::new();
        let mut jobs = Vec::with_capacity(layout.shards.len());
        for shard in &layout.shards {
            let mut moves = Vec::with_capacity(shard.tensors.len());
            for tensor in &shard.tensors {
                let from = tensor.name.as_str();
                // A tensor without elements is a mere name, and part of no block.
                let within = from.strip_prefix(self.prefix).filter(|_| !tensor.shape.contains(&0));
                let Some(within) = within else {
                    moves.push(Move { from, to: from.to_owned(), made: Made::Copy });
                    continue;
                };
                let layer =
                    within.split_once('.').and_then(|(layer, rest)| Some((layer.parse::<u32>().ok()?, rest)));
                let (layer, rest) = layer.ok_or_else(|| {
                    bad(&shard.file, format!("tensor `{from}`"), format!("`{}N.…`", self.prefix))
                })?;
                seen.insert(layer);
                if let Ok(number) = self.kept.binary_search(&layer) {
                    moves.push(Move {
                        from,
                        to: format!("{}{number}.{rest}", self.prefix),
                        made: Made::Copy,
                    });
                }
            }
            jobs.push(Job::new(shard, moves));
        }
        if let Some(missing) = (0..layers).find(|layer| !seen.contains(layer)) {
            let found = format!("no tensor is called `{}{missing}.…`", self.prefix);
            return Err(bad(&layout.shards[0].file, found, format!("the tensors of {layers} blocks")));
        }
        Ok(named(jobs, layout))
    }
}

const EXACT: &str = "the blocks that the plan skips are left out and the others numbered anew; every tensor is a \
                     byte-for-byte copy";

/// What was done.
#[derive(Serialize)]
struct Done {
    exact: &'static str,
    layers_before: u32,
    /// The old numbers of the layers that stay, in order.
    layers: Vec<u32>,
    tensors: Tensors,
    files: Companions,
}
