//! Options and model facts, checked together.

use attune_guest::{Model, Options, Setting, Value};

/// What is mixed.
pub(crate) struct Mixture {
    /// Saved checkpoints.
    pub(crate) checkpoints: u32,
    /// Groups of layers with coefficients of their own.
    pub(crate) groups: u32,
    layers: u32,
}

/// How many checkpoints a model has: a fact that came after 0.1.
const CHECKPOINTS: &str = "checkpoints";

impl Mixture {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let fact = model.extra.iter().find(|(name, _)| name == CHECKPOINTS);
        let checkpoints = match fact {
            Some((_, Setting::Int(count))) => u32::try_from(*count).unwrap_or(0),
            _ => 1,
        };
        let Model { name, family, layers, .. } = model;
        if checkpoints < 2 {
            return Err(format!(
                "model `{name}` (family {family}) has one checkpoint; checkpoint-mix needs several of one training run, \
                 listed under `checkpoints` in its config.json"
            ));
        }
        let groups = match options.int("groups") {
            0 => *layers,
            groups if groups <= i64::from(*layers) => groups as u32,
            groups => {
                return Err(format!(
                    "`groups` is {groups}, but model `{name}` has {layers} layers; set `groups` to {layers} or less"
                ));
            }
        };
        Ok(Self { checkpoints, groups, layers: *layers })
    }

    /// The group of a layer: groups are runs of layers, as even as can be.
    pub(crate) fn group_of(&self, layer: u32) -> usize {
        (u64::from(layer) * u64::from(self.groups) / u64::from(self.layers)) as usize
    }

    /// All weight on one checkpoint.
    pub(crate) fn only(&self, checkpoint: u32) -> Value {
        Value::Reals((0..self.checkpoints).map(|at| f64::from(u8::from(at == checkpoint))).collect())
    }
}
