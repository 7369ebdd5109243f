//! Options and model facts, checked together.

use attune_guest::{Model, Options};

/// What is pruned from what.
pub(crate) struct Pruning {
    /// Transformer blocks.
    pub(crate) layers: u32,
    /// Experts per layer of the dense model.
    pub(crate) experts: u32,
    /// Experts per layer that stay.
    pub(crate) keep: u32,
    /// Whether neighbouring layers share their subset.
    pub(crate) grouped: bool,
    /// Subsets in a config.
    pub(crate) groups: u32,
}

impl Pruning {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let Model { name, family, layers, experts, experts_per_token: active, .. } = model;
        if *experts < 2 || *layers == 0 {
            return Err(format!(
                "model `{name}` (family {family}) has no experts to prune; \
                 expert-pruning needs a mixture of experts"
            ));
        }
        let keep = match options.int("keep") {
            0 => experts / 2,
            keep => u32::try_from(keep).unwrap_or(u32::MAX),
        };
        if keep < *active {
            return Err(format!(
                "keeping {keep} of {experts} experts leaves fewer than the {active} that model `{name}` \
                 routes every token to; set `keep` to {active} or more"
            ));
        }
        if keep >= *experts {
            return Err(format!(
                "`keep` is {keep}, but model `{name}` has {experts} experts per layer; \
                 set `keep` below {experts}"
            ));
        }
        let groups = u32::try_from(options.int("groups")).unwrap_or(u32::MAX);
        if groups > *layers {
            return Err(format!(
                "`groups` is {groups}, but model `{name}` has {layers} layers; set `groups` to {layers} or less"
            ));
        }
        let grouped = groups > 0;
        let groups = if grouped { groups } else { *layers };
        Ok(Self { layers: *layers, experts: *experts, keep, grouped, groups })
    }

    /// The group of a layer: contiguous, and as equal in size as the numbers allow.
    pub(crate) fn group_of(&self, layer: u32) -> usize {
        (u64::from(layer) * u64::from(self.groups) / u64::from(self.layers)) as usize
    }
}
