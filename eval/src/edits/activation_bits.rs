//! Quantised inputs of linear modules.

use std::collections::BTreeMap;

use attune_families::Layer;
use attune_vocabulary::Module;
use attune_vocabulary::edits::{ActivationBits, Range};

use super::LayerEdits;
use super::honour::{Apply, Context};
use crate::ops::activations::ActivationGrid;

/// The grids of what enters the modules of a layer; a module without one is given exact values.
pub(crate) type InputGrids = BTreeMap<Module, ActivationGrid>;

impl Apply for ActivationBits {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        if !Self::LEVELS.contains(&self.bits) {
            return Err(format!(
                "values in {} bits; expected 2, 3, 4, 5, 6 or 8, or 16 for exact",
                self.bits
            ));
        }
        if let Some(module) = self.module {
            context.module(module)?;
        }
        let Some(group) = self.group_size else { return Ok(()) };
        if self.range == Range::Tensor {
            return Err("a range over all tokens of an item has no groups of channels".to_owned());
        }
        for module in self.modules(context.layer) {
            let inputs = context.layer.inputs(module);
            if group == 0 || !inputs.is_multiple_of(group as usize) {
                let name = module.name();
                return Err(format!(
                    "a group of {group} channels does not divide the {inputs} inputs of {name}"
                ));
            }
        }
        Ok(())
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        if self.bits >= 16 {
            return false;
        }
        let grid = ActivationGrid {
            bits: self.bits,
            range: self.range,
            grid: self.grid,
            group: self.group_size.map(|group| group as usize),
        };
        layer.inputs.extend(self.modules(context.layer).map(|module| (module, grid)));
        true
    }
}

/// The modules of a layer whose inputs an edit quantises.
trait Modules {
    fn modules(&self, layer: Layer<'_>) -> impl Iterator<Item = Module>;
}

impl Modules for ActivationBits {
    fn modules(&self, layer: Layer<'_>) -> impl Iterator<Item = Module> {
        layer.modules().filter(|&module| self.module.is_none_or(|only| only == module))
    }
}
