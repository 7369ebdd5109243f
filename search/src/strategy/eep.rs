//! EEP's search: steady-state evolution over all trials so far (arXiv 2407.00945, §3.3 and appendix; constants of
//! its released configuration). Subsets are pruned, matrices are merged.
//!
//! The paper counts 30 initial, 40 pruning and 160 merging trials. Pruning and merging are a study each here: the
//! second one starts from the winner of the first (`start` in its profile) or from the technique's baselines, and
//! never from random matrices. The operators are those of the technique, where it brings its own: expert-pruning has
//! the source's; else [`GroupChange`] has them for any space.

use std::sync::Arc;

use attune_core::objective::compare;
use attune_core::options::{OptionKind, OptionValue};
use attune_core::rng::Rng;
use attune_core::space::Domain;

use super::evolution::{Evolution, Scheme};
use super::options::{self, Options, spec};
use super::population::{Individual, Selection, drawn};
use super::{SearchContext, StrategyInfo};
use crate::operators::{GroupChange, Variation};

/// Parents of a crossover are among this many best at least.
const FEWEST: usize = 6;

pub(super) fn info() -> StrategyInfo {
    let window = OptionKind::Real { min: 0.0, max: 1e9 };
    StrategyInfo {
        name: "eep",
        summary: "Steady-state evolution with the operators and constants of Efficient Expert Pruning.",
        options: vec![
            options::count(
                "initial",
                "Trials before evolving: starting points, then random ones; only starting points where experts are merged.",
                30,
                1 << 20,
            ),
            options::count(
                "generation",
                "Children that are proposed together; the paper makes one at a time.",
                1,
                1 << 16,
            ),
            spec(
                "window",
                "Parents are at most this much worse than the best; the paper takes 3 points of accuracy.",
                window,
                OptionValue::Real(0.03),
            ),
        ],
    }
}

pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Evolution {
    let merges = context
        .space
        .dimensions()
        .iter()
        .any(|dimension| matches!(dimension.domain, Domain::Matrix { .. } | Domain::Affine { .. }));
    // A random matrix makes no expert: merging starts from what is at hand.
    let initial = if merges && !context.starts.is_empty() { 1 } else { options.count("initial") };
    let operators = match &context.operators {
        Some(operators) => operators.clone(),
        None => Arc::new(GroupChange::new(context.space.clone())) as Arc<dyn Variation>,
    };
    let scheme = Scheme {
        name: "eep",
        initial,
        generation: options.count("generation"),
        redraws: 64,
        screen: 1,
        // The pruning phase has no crossover.
        crossover: if merges { 0.3 } else { 0.0 },
        selection: Box::new(Window { members: Vec::new(), width: options.real("window") }),
        operators,
    };
    Evolution::new(context, scheme, merges)
}

/// Everyone stays; parents are drawn evenly from those near the best. Two parents come from a third of the
/// window, but from the best [`FEWEST`] at least.
struct Window {
    /// Best first.
    members: Vec<Individual>,
    width: f64,
}

impl Selection for Window {
    fn add(&mut self, individuals: Vec<Individual>) {
        self.members.extend(individuals.into_iter().filter(|individual| !individual.loss().is_nan()));
        self.members.sort_by(|a, b| compare(a.loss(), b.loss()).then(b.index.cmp(&a.index)));
    }

    fn parents(&self, two: bool, random: &mut Rng) -> Vec<&Individual> {
        let Some(best) = self.members.first() else { return Vec::new() };
        let width = if two { self.width / 3.0 } else { self.width };
        let near = self.members.partition_point(|member| member.loss() - best.loss() <= width);
        let near = if two { near.max(FEWEST.min(self.members.len())) } else { near.max(1) };
        drawn(near, 1, two, random).into_iter().map(|place| &self.members[place]).collect()
    }
}
