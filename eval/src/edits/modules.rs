//! Which modules of a layer have their weights in few bits.

use std::collections::BTreeMap;

use attune_families::Layer;
use attune_vocabulary::Module;
use attune_vocabulary::edits::WeightBits;

/// A quantiser of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Level {
    /// 2 to 8.
    pub(crate) bits: u32,
    /// Input channels that share a scale and a zero point.
    pub(crate) group: usize,
}

/// The levels of a layer's modules; a module without one is exact.
#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct ModuleLevels {
    /// By module and expert, 0 outside of mixtures and experts.
    levels: BTreeMap<(Module, usize), Level>,
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

    /// Adds what `edit`, which was checked, does.
    pub(super) fn add(&mut self, edit: &WeightBits, layer: Layer<'_>) {
        if edit.bits >= 16 {
            return;
        }
        let experts = match (edit.expert, layer.mixture()) {
            (Some(expert), _) => expert as usize..expert as usize + 1,
            (None, Some(mixture)) if edit.module.is_feed_forward() => 0..mixture.experts,
            (None, _) => 0..1,
        };
        let level = Level { bits: edit.bits, group: edit.group_size as usize };
        self.levels.extend(experts.map(|expert| ((edit.module, expert), level)));
    }
}
