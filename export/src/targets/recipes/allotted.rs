//! What a plan gives to each matrix of a model, by what the description of a tool takes.

mod together;

use attune_core::exporter::ExportError;
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::NumberGrid;
use attune_vocabulary::edits::WeightBits;

use crate::description::{Answer, DEFAULT_GRID, Description, Families, Takes};
use crate::matrices::{Matrices, Matrix};

/// How a matrix is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    /// Below 16.
    pub(super) bits: u32,
    /// Channels that share a scale.
    pub(super) group: u32,
    /// The number grid; `None` for that of edits without one.
    pub(super) grid: Option<NumberGrid>,
}

/// What a plan gives to each matrix of a model.
pub(super) struct Allotted {
    pub(super) matrices: Matrices,
    levels: Vec<Option<Level>>,
    /// By matrix, the text of the edit that names it; the first edit of the plan for one that no edit names.
    edits: Vec<String>,
}

/// Why a recipe cannot say what a plan gives to a tensor.
pub(super) struct Unsaid {
    pub(super) tensor: String,
    pub(super) reason: String,
}

impl Allotted {
    /// Refuses what the description does not take.
    pub(super) fn new(
        description: &'static Description,
        plan: &Plan,
        facts: &Facts,
    ) -> Result<Self, ExportError> {
        let refuse = |edit: &Edit, reason: String| inexpressible(description, edit.to_string(), reason);
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            return Err(refuse(one, format!("the plan also holds {other}, and both cannot be honoured")));
        }
        let mut found: Vec<(&Edit, WeightBits, &Takes)> = Vec::new();
        for edit in plan.edits() {
            match description.answer(&edit.kind) {
                Answer::Not(why) => return Err(refuse(edit, why.to_owned())),
                Answer::Exact => {}
                Answer::Takes(takes) => {
                    let bits = WeightBits::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
                    found.push((edit, bits, takes));
                }
            }
        }
        let none = || inexpressible(description, "(the plan has none)".to_owned(), NOTHING.to_owned());
        let Some((first, _, takes)) = found.first() else { return Err(none()) };
        let matrices = Matrices::of(facts)
            .map_err(|reason| refuse(first, format!("{reason}, and recipes go by names; use `--to plan`")))?;
        if let Families::These { list, .. } = takes.families
            && !list().contains(&matrices.family().name)
        {
            let reason = format!(
                "modules of {} are known by name, and this model is of {}; use `--to plan`",
                list().join(", "),
                matrices.family().name
            );
            return Err(refuse(first, reason));
        }
        let mut levels = vec![None; matrices.list().len()];
        let mut texts = vec![first.to_string(); levels.len()];
        for (edit, bits, takes) in &found {
            let of_edit = |matrix: &Matrix| {
                matrix.layer == bits.layer
                    && matrix.module == bits.module
                    && bits.expert.is_none_or(|expert| matrix.expert == Some(expert))
            };
            let numbers: Vec<usize> =
                (0..levels.len()).filter(|&number| of_edit(&matrices.list()[number])).collect();
            if numbers.is_empty() {
                return Err(refuse(edit, "the model has no such module".to_owned()));
            }
            numbers.iter().for_each(|&number| texts[number] = edit.to_string());
            if bits.bits >= 16 {
                continue;
            }
            check(takes, bits).map_err(|reason| refuse(edit, reason))?;
            let level = Level { bits: bits.bits, group: bits.group_size, grid: bits.grid };
            numbers.into_iter().for_each(|number| levels[number] = Some(level));
        }
        if levels.iter().all(Option::is_none) {
            return Err(refuse(first, NOTHING.to_owned()));
        }
        let allotted = Self { matrices, levels, edits: texts };
        for (edit, bits, _) in &found {
            together::check(takes.together, &allotted, bits).map_err(|reason| refuse(edit, reason))?;
        }
        Ok(allotted)
    }

    /// Every matrix with its level; `None` for one that stays as it is.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Matrix, Option<Level>)> {
        self.matrices.list().iter().zip(self.levels.iter().copied())
    }

    /// Every tensor with its level, each once; matrices of one tensor have the same.
    pub(super) fn tensors(&self) -> Vec<(&str, Option<Level>)> {
        let mut tensors: Vec<(&str, Option<Level>)> = Vec::new();
        for (number, (matrix, level)) in self.each().enumerate() {
            if self.matrices.of_tensor(&matrix.tensor).first() == Some(&number) {
                tensors.push((&matrix.tensor, level));
            }
        }
        tensors
    }

    /// The text of the edit that names a tensor, or of the first one.
    pub(super) fn edit_of(&self, tensor: &str) -> String {
        let number = self.matrices.of_tensor(tensor).first().copied().unwrap_or_default();
        self.edits.get(number).cloned().unwrap_or_default()
    }

    /// The level of most matrices that have one.
    pub(super) fn commonest(&self) -> Option<Level> {
        let mut counts = std::collections::BTreeMap::<Level, usize>::new();
        self.levels.iter().flatten().for_each(|level| *counts.entry(*level).or_default() += 1);
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(level, _)| level)
    }
}

const NOTHING: &str = "no weight is in few bits, and there is nothing for a quantiser to do";

/// Bits, groups and grids that the tool has.
fn check(takes: &Takes, edit: &WeightBits) -> Result<(), String> {
    let listed = |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    if !takes.levels.contains(&edit.bits) {
        return Err(format!(
            "it has {} bits; search with these alone, or use `--to plan`",
            listed(takes.levels)
        ));
    }
    let grid = edit.grid.map_or(DEFAULT_GRID, NumberGrid::name);
    if !takes.grids.contains(&grid) {
        let known = takes.grids.iter().map(|grid| if *grid == DEFAULT_GRID { "none" } else { grid });
        return Err(format!(
            "it does not round to the grid {grid}; search with one of {} as `grid`, or use `--to plan`",
            known.collect::<Vec<&str>>().join(", ")
        ));
    }
    if !takes.groups.is_empty() && !takes.groups.contains(&edit.group_size) {
        return Err(format!(
            "it has groups of {} channels; search with one of them as `group-size`",
            listed(takes.groups)
        ));
    }
    Ok(())
}

pub(super) fn inexpressible(description: &Description, edit: String, reason: String) -> ExportError {
    ExportError::Inexpressible { target: description.name, edit, reason }
}
