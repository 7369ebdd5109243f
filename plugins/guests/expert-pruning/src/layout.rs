//! Where a config holds what.
//!
//! | phase | dimension 0 | dimension 1 | last |
//! | --- | --- | --- | --- |
//! | prune, also with uneven counts | kept experts | – | active experts, if there is a choice |
//! | merge, mapped | router mapping `W_RM` | expert merging `W_EM` | the same |
//! | merge, one-hot | kept experts, of which `W_RM` has a row each, ascending | expert merging `W_EM` | the same |

use attune_guest::{
    Budget, BudgetTerm, Config, Constraint, Dimension, Domain, MatrixDomain, Space, SubsetDomain, Value,
};

use crate::pruning::{Phase, Pruning};

/// Matrix elements stay within this on either side of 0. The source sets no bounds; its steps of 0.065 hardly get
/// there from one-hot rows.
pub(crate) const BOUND: f64 = 2.0;

impl Pruning {
    pub(crate) fn space(&self) -> Space {
        let axis = match self.grouped {
            true => "group",
            // Counted among those with experts, where others have none.
            false if self.layers.len() < self.blocks as usize => "expert-layer",
            false => "layer",
        };
        let over_groups =
            |name: &str, help: &str, domain| Dimension::new(name, help, domain).axis(axis, self.groups);
        let matrix =
            Domain::Matrix(MatrixDomain { rows: self.keep, columns: self.experts, min: -BOUND, max: BOUND });
        let kept = || {
            over_groups("kept-experts", "the experts that stay", Domain::subset_of(self.experts, self.keep))
        };
        let merging = "what every expert of the edited layer is of the model's: a row of coefficients each";
        let merging = || over_groups("expert-merging", merging, matrix.clone());
        let mapping = "what the router says of every expert of the edited layer: a row of coefficients each";
        let any = Domain::Subset(SubsetDomain { of: self.experts, min: 1, max: self.experts });
        let mut dimensions = match self.phase {
            Phase::Prune => vec![kept()],
            Phase::Silence => vec![over_groups("kept-experts", "the experts that stay", any)],
            Phase::Merge => vec![over_groups("router-mapping", mapping, matrix.clone()), merging()],
            Phase::MergeOneHot => vec![kept(), merging()],
        };
        if self.chooses_active() {
            let levels = Domain::Level(self.active.iter().copied().map(f64::from).collect());
            let (name, help) = ("active-experts", "experts that each token is routed to");
            dimensions.push(match self.active_alike {
                true => Dimension::new(name, help, levels),
                false => over_groups(name, help, levels),
            });
        }
        let space = Space::new(dimensions);
        if self.phase != Phase::Silence {
            return space;
        }
        let costs = self.sizes().into_iter().map(|size| vec![f64::from(size); self.experts as usize]);
        let limit = f64::from(self.keep) * self.layers.len() as f64;
        space.with(Constraint::Budget(Budget {
            resource: "experts".to_owned(),
            unit: "experts".to_owned(),
            limit,
            terms: vec![BudgetTerm { dimension: 0, costs: costs.collect() }],
        }))
    }

    /// The config that keeps these experts in each group, ascending: in a merge phase the one-hot matrices of that.
    pub(crate) fn keeping(&self, kept: Vec<Vec<u32>>) -> Config {
        let one_hots = || kept.iter().map(|kept| Value::Reals(self.one_hot(kept))).collect::<Vec<Value>>();
        let subsets = || kept.iter().cloned().map(Value::Indices).collect::<Vec<Value>>();
        let mut config = match self.phase {
            Phase::Prune | Phase::Silence => vec![subsets()],
            Phase::Merge => vec![one_hots(), one_hots()],
            Phase::MergeOneHot => vec![subsets(), one_hots()],
        };
        if self.chooses_active() {
            let usual = self.active.iter().position(|active| *active == self.usual);
            let level = usual.unwrap_or(self.active.len() - 1) as u32;
            let cells = if self.active_alike { 1 } else { kept.len() };
            config.push(vec![Value::Index(level); cells]);
        }
        config
    }

    /// Rows with a single 1, at the given experts.
    pub(crate) fn one_hot(&self, experts: &[u32]) -> Vec<f64> {
        let row = |hot: &u32| {
            let hot = *hot;
            (0..self.experts).map(move |expert| if expert == hot { 1.0 } else { 0.0 })
        };
        experts.iter().flat_map(row).collect()
    }

    /// Experts per token in a group of a config.
    pub(crate) fn active_in(&self, config: &Config, group: usize) -> u32 {
        match config.last().filter(|_| self.chooses_active()) {
            Some(levels) => self.active[levels[if self.active_alike { 0 } else { group }].option()],
            None => self.active[0],
        }
    }
}
