//! What a plan means here: which matrices are stored how, or why no engine that reads the format could run it.

pub(super) mod cache;
mod together;

use std::collections::BTreeMap;

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_families::Family;
use attune_families::tensors::module_tensor;
use attune_vocabulary::edits::{EmbeddingBits, KvBits, WeightBits};
use attune_vocabulary::{Embedding, Grouping, LinearModules, ModelEdit as _, ModelFacts, NumberGrid};

use super::description::{
    CACHES, DESCRIPTION, EXPERTS, GROUPS, MXFP4, NVFP4, ROUNDED, SIXTEEN, VARIED, ZERO_POINTS,
};
use super::level::Level;
use super::{TARGET, families, refuse};
use crate::description::Answer;
use crate::embedding;

/// What a plan means here.
#[derive(Debug)]
pub(super) struct Levels {
    /// The family of the model.
    pub(super) family: &'static Family,
    /// By the name of the stored matrix, without `.weight`.
    pub(super) matrices: BTreeMap<String, Level>,
    /// The layers whose caches are in 8 bits: all or none.
    pub(super) cached: u32,
    /// In what engines differ from what was scored, if they do.
    pub(super) approximation: Option<String>,
    /// Which engine does not load it, and which does.
    pub(super) unread: Option<String>,
}

/// The model of a plan, as far as names and levels go.
pub(super) struct Model {
    pub(super) facts: ModelFacts,
    /// The layers with experts.
    mixtures: Vec<u32>,
    modules: Option<LinearModules>,
    pub(super) family: Option<&'static Family>,
}

impl Levels {
    pub(super) fn new(plan: &Plan, facts: &Facts) -> Result<Self, ExportError> {
        let model = &Model::of(facts);
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            let reason = format!("the plan also holds {other}, and both cannot be honoured");
            return Err(refuse(one, reason));
        }
        let mut matrices = BTreeMap::new();
        for edit in plan.edits() {
            if let Answer::Not(why) = DESCRIPTION.answer(&edit.kind) {
                return Err(refuse(edit, why));
            }
            if edit.kind == KvBits::KIND {
                continue;
            }
            if edit.kind == EmbeddingBits::KIND {
                let bits = EmbeddingBits::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
                add_output(&mut matrices, &bits, model, facts).map_err(|reason| refuse(edit, reason))?;
                continue;
            }
            let bits = WeightBits::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
            add(&mut matrices, &bits, model).map_err(|reason| refuse(edit, reason))?;
        }
        for edit in plan.edits() {
            together::check(&matrices, edit, model).map_err(|reason| refuse(edit, reason))?;
        }
        let cached = cache::layers(plan, model)?;
        let nothing = matrices.is_empty() && cached == 0;
        let Some(family) = model.family.filter(|_| !nothing) else {
            let edit = plan.edits().first().map_or("(the plan has none)".to_owned(), Edit::to_string);
            let reason = "nothing is in few bits, and engines load the dense model as it is".to_owned();
            return Err(ExportError::Inexpressible { target: TARGET, edit, reason });
        };
        let experts = together::experts(&matrices, family, &model.mixtures);
        let approximation = approximation(&matrices, cached > 0, &model.facts, experts.differ);
        let unread = unread(&matrices, experts.stay);
        Ok(Self { family, matrices, cached, approximation, unread })
    }
}

impl Model {
    fn of(facts: &Facts) -> Self {
        let model = ModelFacts::of(facts);
        let all = || (0..if model.experts > 0 { model.layers } else { 0 }).collect();
        let mixtures = attune_vocabulary::expert_layers(facts).unwrap_or_else(all);
        let family = families::find(&model.family);
        Self { facts: model, mixtures, modules: LinearModules::of(facts), family }
    }

    /// How many experts have the module of an edit; 0 where it is none of experts.
    pub(super) fn experts(&self, edit: &WeightBits) -> u32 {
        let mixture = edit.module.is_feed_forward() && self.mixtures.contains(&edit.layer);
        if mixture { self.facts.experts } else { 0 }
    }

    /// The family, or why there is none.
    pub(super) fn known(&self) -> Result<&'static Family, String> {
        self.family.ok_or_else(|| {
            let known = families::names().join(", ");
            let family = &self.facts.family;
            format!("modules of {known} are known, and this model is of {family}; use `--to plan`")
        })
    }

    /// Refuses a layer that the model does not have.
    pub(super) fn has(&self, layer: u32) -> Result<(), String> {
        match layer < self.facts.layers {
            true => Ok(()),
            false => Err(format!("the model has {} layers, counted from 0", self.facts.layers)),
        }
    }
}

fn add(matrices: &mut BTreeMap<String, Level>, edit: &WeightBits, model: &Model) -> Result<(), String> {
    let family = model.known()?;
    model.has(edit.layer)?;
    let experts = model.experts(edit);
    match edit.expert {
        Some(_) if experts == 0 => {
            return Err("only the feed-forward part of a mixture has experts".to_owned());
        }
        Some(expert) if expert >= experts => {
            return Err(format!("layers have {experts} experts, counted from 0"));
        }
        _ => {}
    }
    let lacks = || format!("modules of a {} are not called `{}`", family.name, edit.module.name());
    let matrix = |expert| module_tensor(family, edit.layer, edit.module, expert).ok_or_else(lacks);
    let whole = matrix((experts > 0).then_some(0))?;
    if edit.bits >= 16 {
        return Ok(());
    }
    edit.rounding.map_or(Ok(()), |rounding| rounding.check(edit.grid))?;
    let row = model.modules.as_ref().and_then(|modules| modules.matrices(edit.layer, edit.module.name()));
    let asked = (edit.grid, edit.bits, edit.group_size);
    let level = level(asked, row.map(|matrices| matrices.inputs), experts > 0)?;
    if experts == 0 {
        matrices.insert(whole, level);
        return Ok(());
    }
    for expert in edit.expert.map_or(0..experts, |expert| expert..expert + 1) {
        matrices.insert(matrix(Some(expert))?, level);
    }
    Ok(())
}

/// The output matrix; embeddings are looked up in the type of the model.
fn add_output(
    matrices: &mut BTreeMap<String, Level>,
    edit: &EmbeddingBits,
    model: &Model,
    facts: &Facts,
) -> Result<(), String> {
    let family = model.known()?;
    let matrix = embedding::matrix(edit, facts)?;
    if edit.bits >= 16 {
        return Ok(());
    }
    if edit.matrix == Embedding::Input {
        return Err("Transformers 5.24 does not run an embedding in few bits; give bits to `output` alone, where the model has a matrix \
                    of its own for it, or use `--to plan`"
            .to_owned());
    }
    let level = level((edit.grid, edit.bits, edit.group_size), Some(matrix.channels), false)?;
    matrices.insert(embedding::name(family, edit.matrix).to_owned(), level);
    Ok(())
}

/// How a matrix with rows of so many channels, if that is known, is stored.
fn level(
    (grid, bits, group): (Option<NumberGrid>, u32, u32),
    row: Option<u32>,
    of_experts: bool,
) -> Result<Level, String> {
    let known = || {
        let known = NumberGrid::ALL.into_iter().filter(|grid| Level::format(*grid).is_some());
        known.map(NumberGrid::name).collect::<Vec<_>>().join(", ")
    };
    let Some(grid) = grid else {
        return Err(format!(
            "the format has other number grids than that of edits without `grid`; search with `grid` as one of {}, or use \
             `--to plan`",
            known()
        ));
    };
    if Level::format(grid).is_none() {
        return Err(format!(
            "the format has no {}; it has {}: search with one of them, or use `--to plan`",
            grid.name(),
            known()
        ));
    }
    let numbers = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    if !grid.bits().contains(&bits) {
        let (name, bits) = (grid.name(), numbers(grid.bits()));
        return Err(format!("{name} has codes of {bits} bits; search with these alone, or use `--to plan`"));
    }
    if let Some(row) = row {
        grid.check(bits, group, row)?;
    }
    let whole_rows = row.is_some_and(|row| Level::is_whole_rows(group, row));
    if grid.grouping() == Grouping::Any && !GROUPS.contains(&group) && !whole_rows {
        return Err(format!(
            "kernels of vLLM have groups of {} channels, or of all inputs; search with one of them as `group-size`",
            numbers(GROUPS)
        ));
    }
    if of_experts && !EXPERTS.contains(&grid.name()) {
        return Err(format!(
            "the experts of a layer can be {}: Transformers and vLLM do not both read experts in {}; search with one of these, \
             or use `--to plan`",
            EXPERTS.join(" or "),
            grid.name()
        ));
    }
    Ok(Level { grid, bits, group, whole_rows })
}

/// In what engines differ from what was scored, if they do.
fn approximation(
    matrices: &BTreeMap<String, Level>,
    cached: bool,
    model: &ModelFacts,
    varied: bool,
) -> Option<String> {
    let has = |of: fn(NumberGrid) -> bool| matrices.values().any(|level| of(level.grid));
    let scaled = has(|grid| !matches!(grid, NumberGrid::Mxfp4 | NumberGrid::Nvfp4));
    let reasons = [
        (scaled && model.bytes_per_parameter < 4.0, ROUNDED),
        (has(|grid| grid == NumberGrid::Mxfp4), MXFP4),
        (has(|grid| grid == NumberGrid::Nvfp4), NVFP4),
        (varied, VARIED),
        (cached, CACHES),
    ];
    together_in_words(&reasons)
}

/// Which engine does not load it, if there is one that says so by an error.
fn unread(matrices: &BTreeMap<String, Level>, experts_stay: bool) -> Option<String> {
    let zero_points = matrices.values().any(|level| level.grid == NumberGrid::AffineInt);
    together_in_words(&[(zero_points, ZERO_POINTS), (experts_stay && !matrices.is_empty(), SIXTEEN)])
}

/// Those that hold.
fn together_in_words(reasons: &[(bool, &'static str)]) -> Option<String> {
    let reasons: Vec<&str> = reasons.iter().filter(|(holds, _)| *holds).map(|(_, why)| *why).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
