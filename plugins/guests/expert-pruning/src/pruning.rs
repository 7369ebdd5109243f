//! Options and model facts, checked together.

use attune_guest::{Model, Options};

/// Option words, the default first.
pub(crate) const PHASES: [&str; 2] = ["prune", "merge"];
pub(crate) const ROUTINGS: [&str; 2] = ["mapped", "one-hot"];
pub(crate) const COUNTS: [&str; 2] = ["same", "uneven"];
/// The kind of edit of layers that keep different numbers.
pub(crate) const SILENCE: &str = "silence-experts";

/// What happens to the experts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Some stay.
    Prune,
    /// Some stay, more of them in some layers than in others, and the router chooses among all.
    Silence,
    /// All are merged into fewer, and the router's probabilities are mapped to those.
    Merge,
    /// All are merged into fewer, each of which answers for the router's row of a kept expert.
    MergeOneHot,
}

/// What is pruned from what.
pub(crate) struct Pruning {
    pub(crate) phase: Phase,
    /// Transformer blocks.
    pub(crate) blocks: u32,
    /// Those that have experts, ascending; at least one.
    pub(crate) layers: Vec<u32>,
    /// Experts per layer of the dense model.
    pub(crate) experts: u32,
    /// Experts per layer that are left.
    pub(crate) keep: u32,
    /// Whether neighbouring layers share their choice.
    pub(crate) grouped: bool,
    /// Choices in a config.
    pub(crate) groups: u32,
    /// Experts per token, ascending: what a group chooses from, or the only number.
    pub(crate) active: Vec<u32>,
    /// Experts per token of the dense model.
    pub(crate) usual: u32,
    /// Whether the target has one number of experts per token for the whole model.
    pub(crate) active_alike: bool,
}

impl Pruning {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let Model { name, family, experts, experts_per_token: usual, .. } = model;
        let layers = model.expert_layers();
        let count = layers.len() as u32;
        if *experts < 2 || count == 0 {
            return Err(format!(
                "model `{name}` (family {family}) has no experts to prune; \
                 expert-pruning needs a mixture of experts"
            ));
        }
        let phase = match (options.text("phase"), options.text("routing"), options.text("counts")) {
            ("prune", _, "uneven") => Phase::Silence,
            ("prune", ..) => Phase::Prune,
            (_, _, "uneven") => {
                return Err("`counts` is \"uneven\", and merged layers have the same number of rows; set `phase` to \"prune\"".to_owned());
            }
            (_, "mapped", _) => Phase::Merge,
            _ => Phase::MergeOneHot,
        };
        match (phase, model.router_mapping()) {
            (Phase::Merge, "one-hot") => {
                return Err(format!(
                    "the routers of model `{name}` add a number to the score of each expert, and what is added to a \
                     mixture of scores is not defined; set `routing` to \"one-hot\""
                ));
            }
            (Phase::Merge | Phase::MergeOneHot, "none") => {
                return Err(format!(
                    "what the routers of model `{name}` say of an expert depends on the others, so that their scores \
                     cannot be mapped; set `phase` to \"prune\""
                ));
            }
            _ => {}
        }
        let target = model.target();
        if let (Phase::Merge, Some(target)) = (phase, target)
            && target.only("route-experts") == Some("one-hot")
        {
            return Err(format!(
                "target `{}` has no mapping of what the router says, as `routing` \"mapped\" searches it; set `routing` to \"one-hot\"",
                target.name()
            ));
        }
        // One that takes pruning in another form says so here, and not by a refused config.
        let kind = if phase == Phase::Silence { SILENCE } else { "keep-experts" };
        if let (Phase::Prune | Phase::Silence, Some(target)) = (phase, target)
            && !target.takes(kind)
            && [SILENCE, "keep-experts"].iter().any(|kind| target.takes(kind))
        {
            let other = if phase == Phase::Silence { "same" } else { "uneven" };
            return Err(format!("target `{}` takes no {kind}; set `counts` to \"{other}\"", target.name()));
        }
        let active_alike = target.is_some_and(|target| target.layers("experts-per-token") == "same");
        let keep = match options.int("keep") {
            0 => experts / 2,
            keep => u32::try_from(keep).unwrap_or(u32::MAX),
        };
        if phase == Phase::Silence && options.ints("active") != [0] {
            return Err("`counts` is \"uneven\", where how many experts answer depends on the text; leave `active` as it is".to_owned());
        }
        let active = active(options.ints("active"), *usual);
        let (most, least) = (active.last().copied().unwrap_or(1), active.first().copied().unwrap_or(1));
        // Routers that choose among all need no more experts than they choose.
        if keep == 0 || (keep < most && phase != Phase::Silence) {
            return Err(format!(
                "keeping {keep} of {experts} experts leaves fewer than the {most} that model `{name}` \
                 routes every token to; set `keep` to {most} or more{}",
                if most > 1 { ", or `active` to less" } else { "" }
            ));
        }
        if least == 0 {
            return Err(format!(
                "model `{name}` does not say how many experts a token is routed to; set `active`"
            ));
        }
        // Merging without pruning is a search of its own.
        if keep > *experts || (keep == *experts && matches!(phase, Phase::Prune | Phase::Silence)) {
            return Err(format!(
                "`keep` is {keep}, but model `{name}` has {experts} experts per layer; \
                 set `keep` below {experts}"
            ));
        }
        let groups = u32::try_from(options.int("groups")).unwrap_or(u32::MAX);
        if groups > count {
            let of = if count < model.layers { " with experts" } else { "" };
            return Err(format!(
                "`groups` is {groups}, but model `{name}` has {count} layers{of}; set `groups` to {count} or less"
            ));
        }
        let grouped = groups > 0;
        let groups = if grouped { groups } else { count };
        let (blocks, experts, usual) = (model.layers, *experts, *usual);
        Ok(Self { phase, blocks, layers, experts, keep, grouped, groups, active, usual, active_alike })
    }

    /// The layers with experts, each with its group: contiguous, and as equal in size as the numbers allow.
    pub(crate) fn grouped_layers(&self) -> impl Iterator<Item = (u32, usize)> {
        let count = self.layers.len() as u64;
        let group = move |place: u64| (place * u64::from(self.groups) / count) as usize;
        (0..).zip(&self.layers).map(move |(place, &layer)| (layer, group(place)))
    }

    /// Layers of each group.
    pub(crate) fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.groups as usize];
        self.grouped_layers().for_each(|(_, group)| sizes[group] += 1);
        sizes
    }

    /// The experts that do not stay.
    pub(crate) fn others(&self, kept: &[u32]) -> Vec<u32> {
        (0..self.experts).filter(|expert| !kept.contains(expert)).collect()
    }

    /// Whether groups choose how many experts a token is routed to.
    pub(crate) fn chooses_active(&self) -> bool {
        self.active.len() > 1
    }
}

/// The numbers of the option, ascending, each once; 0 is the model's own.
fn active(given: &[i64], usual: u32) -> Vec<u32> {
    let number = |&given: &i64| if given == 0 { usual } else { u32::try_from(given).unwrap_or(u32::MAX) };
    let mut active: Vec<u32> = given.iter().map(number).collect();
    active.sort_unstable();
    active.dedup();
    active
}
