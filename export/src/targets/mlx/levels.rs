//! Bit widths: which matrices are stored in how many bits, or why MLX cannot say it.

use std::collections::BTreeMap;

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_families::Family;
use attune_families::tensors::module_tensor;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::{EmbeddingBits, WeightBits};
use attune_vocabulary::{ModelEdit as _, Module, NumberGrid};

use super::description::{GROUPS, LEVELS, ROUNDED};
use super::families::{self, FAMILIES};
use super::{DESCRIPTION, TARGET};
use crate::description::Answer;
use crate::embedding;

/// How a matrix is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    /// 2 to 8.
    pub(super) bits: u32,
    /// Input channels that share a scale and a bias.
    pub(super) group: u32,
}

impl Level {
    /// That of an edit of few bits.
    fn new(bits: u32, group: u32, grid: Option<NumberGrid>) -> Result<Self, String> {
        if let Some(grid) = grid {
            return Err(format!(
                "MLX's affine mode has another number grid than {}; search without `grid`, or use `--to plan`",
                grid.name()
            ));
        }
        let numbers = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        if !LEVELS.contains(&bits) {
            let levels = numbers(LEVELS);
            return Err(format!(
                "MLX has codes of {levels} bits; search with these alone, or use `--to plan`"
            ));
        }
        match GROUPS.contains(&group) {
            true => Ok(Self { bits, group }),
            false => Err(format!(
                "MLX has groups of {} channels; search with one of them as `group-size`",
                numbers(GROUPS)
            )),
        }
    }
}

/// The levels of a plan.
#[derive(Debug)]
pub(super) struct Levels {
    /// By the name of the stored matrix, without `.weight`.
    pub(super) matrices: BTreeMap<String, Level>,
    /// By the name of mlx-lm's module, which for a mixture holds the matrices of all experts.
    pub(super) modules: BTreeMap<String, Level>,
}

impl Levels {
    pub(super) fn new(plan: &Plan, facts: &Facts) -> Result<Self, ExportError> {
        let model = &Model::of(facts);
        let mut levels = Self { matrices: BTreeMap::new(), modules: BTreeMap::new() };
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            let reason = format!("the plan also holds {other}, and both cannot be honoured");
            return Err(refuse(one, reason));
        }
        for edit in plan.edits() {
            if let Answer::Not(why) = DESCRIPTION.answer(&edit.kind) {
                return Err(refuse(edit, why));
            }
            if edit.kind == EmbeddingBits::KIND {
                let bits = EmbeddingBits::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
                levels.add_embedding(&bits, model, facts).map_err(|reason| refuse(edit, reason))?;
                continue;
            }
            let bits = WeightBits::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
            levels.add(&bits, model).map_err(|reason| refuse(edit, reason))?;
        }
        for edit in plan.edits() {
            levels.check(plan, edit, model).map_err(|reason| refuse(edit, reason))?;
        }
        if levels.matrices.is_empty() {
            let edit = plan.edits().first().map_or("(the plan has none)".to_owned(), Edit::to_string);
            let reason = "no weight is in few bits, and mlx-lm loads the dense model as it is".to_owned();
            return Err(ExportError::Inexpressible { target: TARGET, edit, reason });
        }
        Ok(levels)
    }

    fn add(&mut self, edit: &WeightBits, model: &Model) -> Result<(), String> {
        let (family, stacks) = model.known()?;
        if edit.layer >= model.facts.layers {
            return Err(format!("the model has {} layers, counted from 0", model.facts.layers));
        }
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
        let name = edit.module.name();
        let lacks = || format!("modules of a {} are not called `{name}`", family.name);
        let matrix = |expert| module_tensor(family, edit.layer, edit.module, expert).ok_or_else(lacks);
        let whole = matrix((experts > 0).then_some(0))?;
        if edit.bits >= 16 {
            return Ok(());
        }
        edit.rounding.map_or(Ok(()), |rounding| rounding.check(edit.grid))?;
        let level = Level::new(edit.bits, edit.group_size, edit.grid)?;
        if experts == 0 {
            self.matrices.insert(whole.clone(), level);
            self.modules.insert(whole, level);
            return Ok(());
        }
        for expert in edit.expert.map_or(0..experts, |expert| expert..expert + 1) {
            self.matrices.insert(matrix(Some(expert))?, level);
        }
        let stacked = stacks.ok_or_else(lacks)?;
        self.modules.insert(format!("model.layers.{}.{stacked}.{name}_proj", edit.layer), level);
        Ok(())
    }

    /// mlx-lm calls these matrices what their checkpoint does; one for both is a `QuantizedEmbedding`, which is multiplied by as well.
    fn add_embedding(&mut self, edit: &EmbeddingBits, model: &Model, facts: &Facts) -> Result<(), String> {
        let (family, _) = model.known()?;
        embedding::matrix(edit, facts)?;
        if edit.bits < 16 {
            let level = Level::new(edit.bits, edit.group_size, edit.grid)?;
            let name = embedding::name(family, edit.matrix).to_owned();
            self.matrices.insert(name.clone(), level);
            self.modules.insert(name, level);
        }
        Ok(())
    }

    /// A stored matrix has one level, and mlx-lm stacks the experts of a layer into one.
    fn check(&self, plan: &Plan, edit: &Edit, model: &Model) -> Result<(), String> {
        let (Some(edit), Some((family, _))) = (WeightBits::of(edit), model.family) else { return Ok(()) };
        let experts = model.experts(&edit);
        if experts == 0 {
            return fused(plan, &edit, family);
        }
        if edit.expert.is_none() {
            return Ok(());
        }
        let matrix = |expert| module_tensor(family, edit.layer, edit.module, Some(expert));
        let of = |expert| self.matrices.get(&matrix(expert)?);
        let Some(other) = (1..experts).find(|&expert| of(expert) != of(0)) else { return Ok(()) };
        let says = |expert| of(expert).map_or("16 bits".to_owned(), |level| format!("{} bits", level.bits));
        Err(format!(
            "expert 0 has {} and expert {other} {}, and MLX stores all experts of a layer in one matrix; search with \
             `experts: \"together\"`, or use `--to plan`",
            says(0),
            says(other)
        ))
    }
}

/// The model of a plan, as far as names and levels go.
struct Model {
    facts: ModelFacts,
    /// The layers with experts.
    mixtures: Vec<u32>,
    /// Its family, and what mlx-lm calls the matrices of its experts together; `None` where mlx-lm is not known to have it.
    family: Option<(&'static Family, Option<&'static str>)>,
}

impl Model {
    fn of(facts: &Facts) -> Self {
        let model = ModelFacts::of(facts);
        let all = || (0..if model.experts > 0 { model.layers } else { 0 }).collect();
        let mixtures = attune_vocabulary::expert_layers(facts).unwrap_or_else(all);
        let known = FAMILIES.iter().find(|(name, _)| *name == model.family);
        let family = known.and_then(|(name, stacks)| Some((attune_families::find(name)?, *stacks)));
        Self { facts: model, mixtures, family }
    }

    /// The family, or why there is none.
    fn known(&self) -> Result<(&'static Family, Option<&'static str>), String> {
        self.family.ok_or_else(|| {
            let known = families::names().join(", ");
            let family = &self.facts.family;
            format!("modules of {known} are known, and this model is of {family}; use `--to plan`")
        })
    }

    /// How many experts have the module of an edit; 0 where it is none of experts.
    fn experts(&self, edit: &WeightBits) -> u32 {
        let mixture = edit.module.is_feed_forward() && self.mixtures.contains(&edit.layer);
        if mixture { self.facts.experts } else { 0 }
    }
}

/// Whether the modules that are stored in one matrix with that of `edit` have its level.
fn fused(plan: &Plan, edit: &WeightBits, family: &Family) -> Result<(), String> {
    let stored = |module| module_tensor(family, edit.layer, module, None);
    let level = |module: Module| {
        let of = |other: &WeightBits| other.layer == edit.layer && other.module == module;
        let found = plan.edits().iter().filter_map(WeightBits::of).find(of).filter(|found| found.bits < 16);
        found.map(|found| (found.bits, found.group_size))
    };
    let beside =
        Module::ALL.into_iter().filter(|&other| other != edit.module && stored(other) == stored(edit.module));
    let Some(other) = beside.into_iter().find(|&other| level(other) != level(edit.module)) else {
        return Ok(());
    };
    let says = |module| level(module).map_or(16, |(bits, _)| bits);
    Err(format!(
        "`{}` has {} bits and `{}` has {}, and both are stored in one matrix, which has one level; give them the same bits, or \
         use `--to plan`",
        edit.module.name(),
        says(edit.module),
        other.name(),
        says(other)
    ))
}

/// In what the stored numbers differ from those that were scored, if they do.
pub(super) fn approximation(model: &ModelFacts) -> Option<String> {
    (model.bytes_per_parameter < 4.0).then(|| ROUNDED.to_owned())
}

fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_string(), reason: reason.into() }
}
