//! Which modules of a layer have their weights in few bits.

use std::collections::BTreeMap;
use std::sync::Arc;

use attune_families::Layer;
use attune_grids::WholeGrid;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{Module, NumberGrid, Rounding};

/// A quantiser of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Level {
    /// 2 to 8.
    pub(crate) bits: u32,
    /// Input channels that share a scale and a zero point.
    pub(crate) group: usize,
    /// The number grid of an engine, if it is one.
    pub(crate) grid: Option<NumberGrid>,
    /// The same grid, where codes are made with error feedback.
    pub(crate) feedback: Option<WholeGrid>,
}

/// Codes of a module that were made with error feedback: `[outputs, inputs]`.
pub(crate) type Codes = Arc<[u8]>;

impl Level {
    /// What `edit` says of a module with `inputs` input channels; `None` for one that stays exact.
    ///
    /// # Errors
    /// What does not go together, and what would.
    pub(crate) fn of(edit: &WeightBits, inputs: usize) -> Result<Option<Self>, String> {
        let level = Self::nearest(edit.bits, edit.group_size, edit.grid, inputs)?;
        let feedback = match edit.rounding.filter(|_| edit.bits < 16) {
            None => None,
            Some(rounding @ Rounding::Gptq) => {
                rounding.check(edit.grid)?;
                WholeGrid::of(edit.grid)
            }
        };
        Ok(level.map(|level| Self { feedback, ..level }))
    }

    /// Rounding to the nearest, of a matrix with `inputs` channels in a row; `None` where it stays exact.
    ///
    /// # Errors
    /// What does not go together, and what would.
    pub(super) fn nearest(
        bits: u32,
        group_size: u32,
        grid: Option<NumberGrid>,
        inputs: usize,
    ) -> Result<Option<Self>, String> {
        let group = group_size as usize;
        if !WeightBits::LEVELS.contains(&bits) {
            return Err(format!("weights in {bits} bits; expected 2, 3, 4, 5, 6 or 8, or 16 for exact"));
        }
        let width = u32::try_from(inputs).unwrap_or(u32::MAX);
        if let (Some(grid), true) = (grid, bits < 16) {
            grid.check(bits, group_size, width)?;
        }
        if group == 0 || !inputs.is_multiple_of(group) {
            return Err(format!("a group of {group} channels does not divide the {inputs} inputs"));
        }
        Ok((bits < 16).then_some(Self { bits, group, grid, feedback: None }))
    }
}

/// The levels of a layer's modules; a module without one is exact.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct ModuleLevels {
    /// By module and expert, 0 outside of mixtures and experts.
    levels: BTreeMap<(Module, usize), Level>,
    /// The same for codes that rounding with error feedback made, once it has.
    codes: BTreeMap<(Module, usize), Codes>,
}

impl ModuleLevels {
    /// Whether every module is exact.
    pub(crate) fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// The level of a module; `expert` is 0 for modules that no expert has.
    pub(crate) fn of(&self, module: Module, expert: usize) -> Option<Level> {
        self.levels.get(&(module, expert)).copied()
    }

    /// The codes of a module, where its level has error feedback.
    pub(crate) fn codes(&self, module: Module, expert: usize) -> Option<&Codes> {
        self.codes.get(&(module, expert))
    }

    /// The modules whose levels have error feedback, by module and expert.
    pub(crate) fn with_feedback(&self) -> impl Iterator<Item = (Module, usize, Level)> {
        let all = self.levels.iter().filter(|(_, level)| level.feedback.is_some());
        all.map(|(&(module, expert), &level)| (module, expert, level))
    }

    /// Says which codes a module with error feedback has.
    pub(crate) fn give(&mut self, module: Module, expert: usize, codes: Codes) {
        self.codes.insert((module, expert), codes);
    }

    /// Forgets all of these: who runs the model again gives them anew.
    pub(crate) fn forget_codes(&mut self) {
        self.codes.clear();
    }

    /// Adds what `edit`, which was checked, does.
    pub(super) fn add(&mut self, edit: &WeightBits, layer: Layer<'_>) {
        let Ok(Some(level)) = Level::of(edit, layer.inputs(edit.module)) else { return };
        let experts = match (edit.expert, layer.mixture()) {
            (Some(expert), _) => expert as usize..expert as usize + 1,
            (None, Some(mixture)) if edit.module.is_feed_forward() => 0..mixture.experts,
            (None, _) => 0..1,
        };
        self.levels.extend(experts.map(|expert| ((edit.module, expert), level)));
    }
}
