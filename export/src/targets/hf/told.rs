//! Pruned checkpoints of families that this build does not know, by what the evaluator says of the tensors: `router-tensors`,
//! `expert-tensors` and `expert-keys` among the facts. Whoever says them vouches that a router with fewer rows computes what was
//! scored. Experts are kept or left out; nothing else folds without knowledge of the family.

use std::collections::{BTreeMap, BTreeSet};

use attune_core::exporter::{ExportError, ExportInput, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::edits::KeepExperts;
use attune_vocabulary::{
    EXPERT_KEYS, EXPERT_TENSORS, ModelEdit as _, ModelFacts, ROUTER_TENSORS, expert_layers,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::fold::refuse;
use super::moves::{Job, Made, Move, named};
use super::shards::{self, Tensors};
use super::{DESCRIPTION, TARGET};
use crate::checkpoint::{
    CONFIG, Companions, INDEX, Layout, SINGLE, Tensor, bad, config_text, copy, patched, with_manifest, write,
};

const LAYER: &str = "{layer}";
const EXPERT: &str = "{expert}";

/// The experts that stay, and what holds them.
pub(super) struct Told {
    /// By layer with experts, ascending.
    kept: BTreeMap<u32, Vec<u32>>,
    experts: u32,
    /// Tensors with a row, or a number, for each expert.
    routers: Vec<String>,
    /// Tensors of one expert, or of all experts of a layer along the first axis.
    parts: Vec<String>,
    /// Keys of config.json that count the experts of a layer.
    keys: Vec<String>,
}

/// What a tensor is.
enum Role<'a> {
    Router(u32),
    Expert(u32, u32, &'a str),
    Stacked(u32),
    Other,
}

impl Told {
    /// Whether an evaluator has said what the experts of this model are called, where this build does not know it.
    pub(super) fn has(facts: &Facts) -> bool {
        let unknown = attune_families::find(&ModelFacts::of(facts).family).is_none();
        unknown && !facts.text(EXPERT_TENSORS).is_empty()
    }

    pub(super) fn new(plan: &Plan, facts: &Facts) -> Result<Self, ExportError> {
        let model = ModelFacts::of(facts);
        let words = |name| facts.text(name).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let all: Vec<u32> = (0..model.experts).collect();
        let mixtures = expert_layers(facts).unwrap_or_else(|| (0..model.layers).collect());
        let mut kept: BTreeMap<u32, Vec<u32>> = mixtures.iter().map(|&layer| (layer, all.clone())).collect();
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            return Err(refuse(one, format!("the plan also holds {other}, and both cannot be honoured")));
        }
        for edit in plan.edits() {
            let Some(KeepExperts { layer, experts }) = KeepExperts::of(edit) else {
                let reason = format!(
                    "this build does not know `{}` models, and folds nothing but keep-experts into their checkpoints; use \
                     `--to plan`",
                    model.family
                );
                return Err(refuse(edit, reason));
            };
            if let Some(expert) = experts.iter().find(|expert| **expert >= model.experts) {
                let reason = format!("there is no expert {expert}: a layer has {}", model.experts);
                return Err(refuse(edit, reason));
            }
            if experts.len() < (model.experts_per_token as usize).max(1) {
                let reason = format!(
                    "it keeps {} of layer {layer}'s experts, and the router picks {} per token; keep at least as many",
                    experts.len(),
                    model.experts_per_token
                );
                return Err(refuse(edit, reason));
            }
            match kept.get_mut(&layer) {
                Some(before) => *before = experts,
                None => return Err(refuse(edit, format!("layer {layer} has no experts"))),
            }
        }
        let Some(first) = plan.edits().first() else {
            return Err(ExportError::Inexpressible {
                target: TARGET,
                edit: "(the plan has none)".to_owned(),
                reason: "the result would be the dense model, which already is in this layout".to_owned(),
            });
        };
        let mut counts = kept.values().map(Vec::len);
        let count = counts.next().unwrap_or(0);
        if counts.any(|other| other != count) {
            let reason = "config.json counts the experts once for all layers, and the plan leaves other numbers in some; search with the \
                          same number of experts in every layer, or use `--to plan`";
            return Err(refuse(first, reason));
        }
        let keys = words(EXPERT_KEYS);
        let (routers, parts) = (words(ROUTER_TENSORS), words(EXPERT_TENSORS));
        if keys.is_empty() || routers.is_empty() {
            let reason = "the evaluator does not say what the router's tensors are called, or which key of config.json counts the \
                          experts; use `--to plan`";
            return Err(refuse(first, reason));
        }
        Ok(Self { kept, experts: model.experts, routers, parts, keys })
    }

    pub(super) fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        let config = self.config(input.files)?;
        let layout = Layout::open(input.files)?;
        let jobs = self.jobs(&layout)?;
        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            let tensors = shards::write_shards(input.files, &layout, &jobs, sink)?;
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.as_bytes())?;
            Ok(Done { exact: EXACT, experts_before: self.experts, experts: self.count(), tensors, files })
        })
    }

    fn count(&self) -> usize {
        self.kept.values().next().map_or(0, Vec::len)
    }

    pub(super) fn config(&self, files: &dyn ModelFiles) -> Result<String, ExportError> {
        let text = config_text(files)?;
        let object: Map<String, Value> = serde_json::from_str(&text)
            .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
        if object.get("quantization_config").is_some_and(|value| !value.is_null()) {
            let expected =
                "a model whose weights are not in few bits: dequantise it first, or use `--to plan`";
            return Err(bad(CONFIG, "`quantization_config`", expected));
        }
        let mut changes = BTreeMap::new();
        for key in &self.keys {
            match object.get(key) {
                Some(value) if *value == self.experts => {
                    changes.insert(key.as_str(), self.count().to_string());
                }
                Some(value) => {
                    return Err(bad(CONFIG, format!("`{key}` is {value}"), self.experts.to_string()));
                }
                None => {
                    return Err(bad(
                        CONFIG,
                        format!("`{key}` is missing"),
                        format!("`{key}`: {}", self.experts),
                    ));
                }
            }
        }
        patched(&text, &changes)
    }

    fn jobs<'a>(&self, layout: &'a Layout) -> Result<Vec<Job<'a>>, ExportError> {
        self.complete(layout)?;
        let mut jobs = Vec::with_capacity(layout.shards.len());
        for shard in &layout.shards {
            let mut moves = Vec::with_capacity(shard.tensors.len());
            for tensor in &shard.tensors {
                let from = tensor.name.as_str();
                match self.role(from) {
                    // A part of an expert that nobody named would keep its old number.
                    Role::Other if from.contains(".experts.") => {
                        let found = format!("tensor `{from}`");
                        return Err(bad(
                            &shard.file,
                            found,
                            "only tensors of experts that the evaluator names",
                        ));
                    }
                    Role::Other => moves.push(Move { from, to: from.to_owned(), made: Made::Copy }),
                    Role::Router(layer) => {
                        self.along_first_axis(&shard.file, tensor)?;
                        let rows = self.kept[&layer].clone();
                        moves.push(Move { from, to: from.to_owned(), made: Made::Rows { axis: 0, rows } });
                    }
                    Role::Stacked(layer) => {
                        self.along_first_axis(&shard.file, tensor)?;
                        let rows = self.kept[&layer].iter().map(|&expert| vec![(1.0, expert)]).collect();
                        moves.push(Move { from, to: from.to_owned(), made: Made::Stack(rows) });
                    }
                    Role::Expert(layer, expert, pattern) => {
                        if let Some(number) = self.kept[&layer].iter().position(|&kept| kept == expert) {
                            let to = filled(pattern, layer, number as u32);
                            moves.push(Move { from, to, made: Made::Copy });
                        }
                    }
                }
            }
            jobs.push(Job::new(shard, moves));
        }
        Ok(named(jobs, layout))
    }

    /// A tensor that is cut along its first axis has whole rows for as many experts as there are.
    fn along_first_axis(&self, file: &str, tensor: &Tensor) -> Result<(), ExportError> {
        let first = tensor.shape.first().copied().unwrap_or(0);
        if first == self.experts as usize && tensor.bytes.is_multiple_of(first) {
            return Ok(());
        }
        let found = format!("tensor `{}` has shape {:?}", tensor.name, tensor.shape);
        Err(bad(file, found, format!("{} experts along its first axis", self.experts)))
    }

    /// Every layer with experts has all tensors that the evaluator names.
    fn complete(&self, layout: &Layout) -> Result<(), ExportError> {
        let stored: BTreeSet<&str> = layout.tensors().map(|tensor| tensor.name.as_str()).collect();
        let needed = self.kept.keys().flat_map(|&layer| {
            self.routers.iter().chain(&self.parts).flat_map(move |pattern| {
                let experts = if pattern.contains(EXPERT) { self.experts } else { 1 };
                (0..experts).map(move |expert| filled(pattern, layer, expert))
            })
        });
        match needed.into_iter().find(|name| !stored.contains(name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let file = if layout.sharded { INDEX } else { SINGLE };
                let expected = "every tensor of experts that the evaluator names";
                Err(bad(file, format!("tensor `{name}` is missing"), expected))
            }
        }
    }

    fn role(&self, name: &str) -> Role<'_> {
        let of = |pattern: &String| {
            let (layer, expert) = numbers(pattern, name)?;
            self.kept.contains_key(&layer).then_some((layer, expert))
        };
        if let Some((layer, _)) = self.routers.iter().find_map(of) {
            return Role::Router(layer);
        }
        let found = self.parts.iter().find_map(|pattern| Some((of(pattern)?, pattern)));
        match found {
            Some(((layer, Some(expert)), pattern)) => Role::Expert(layer, expert, pattern),
            Some(((layer, None), _)) => Role::Stacked(layer),
            None => Role::Other,
        }
    }
}

fn filled(pattern: &str, layer: u32, expert: u32) -> String {
    pattern.replace(LAYER, &layer.to_string()).replace(EXPERT, &expert.to_string())
}

/// The layer and the expert of a name that has the form of a pattern.
fn numbers(pattern: &str, name: &str) -> Option<(u32, Option<u32>)> {
    let (before, after) = pattern.split_once(LAYER)?;
    let rest = name.strip_prefix(before)?;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let (layer, rest) = rest.split_at(digits(rest));
    let layer = layer.parse().ok()?;
    match after.split_once(EXPERT) {
        None => (rest == after).then_some((layer, None)),
        Some((between, after)) => {
            let rest = rest.strip_prefix(between)?;
            let (expert, rest) = rest.split_at(digits(rest));
            (rest == after).then_some((layer, Some(expert.parse().ok()?)))
        }
    }
}

const EXACT: &str = "routers keep the rows of the kept experts, which are numbered anew in the order of the plan, by the names of tensors \
                     that the evaluator gave; every other tensor is a byte-for-byte copy";

/// What was done.
#[derive(Serialize)]
struct Done {
    exact: &'static str,
    experts_before: u32,
    experts: usize,
    tensors: Tensors,
    files: Companions,
}
