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
use super::size::Size;
use super::{SearchContext, StrategyInfo};
use crate::operators::{Choosing, GroupChange, Variation};

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
        generation: Size::Fixed(options.count("generation")),
        redraws: 64,
        screen: 1,
        // The pruning phase has no crossover.
        crossover: if merges { 0.3 } else { 0.0 },
        selection: Box::new(Window::new(options.real("window"))),
        choosing: Choosing::evenly(operators.named()),
        operators,
    };
    Evolution::new(context, scheme, merges)
}

/// Whoever is near the best or among the best [`FEWEST`]; parents are drawn evenly from those near the best. Two parents come
/// from a third of the window, but from the best [`FEWEST`] at least. Who falls out never comes back, since the best only
/// gets better.
struct Window {
    members: Vec<Individual>,
    /// Places of members, best first; of equal ones the newer comes first.
    order: Vec<usize>,
    /// Places of members that fell out.
    free: Vec<usize>,
    width: f64,
}

impl Window {
    fn new(width: f64) -> Self {
        Self { members: Vec::new(), order: Vec::new(), free: Vec::new(), width }
    }

    fn insert(&mut self, individual: Individual) {
        let before = |place: &usize| {
            let other = &self.members[*place];
            compare(other.loss(), individual.loss()).then(individual.index.cmp(&other.index)).is_lt()
        };
        let rank = self.order.partition_point(before);
        let place = match self.free.pop() {
            Some(place) => {
                self.members[place] = individual;
                place
            }
            None => {
                self.members.push(individual);
                self.members.len() - 1
            }
        };
        self.order.insert(rank, place);
    }

    /// How many of the best are at most so much worse than the best.
    fn near(&self, width: f64) -> usize {
        let Some(best) = self.order.first().map(|&place| self.members[place].loss()) else { return 0 };
        self.order.partition_point(|&place| self.members[place].loss() - best <= width)
    }
}

impl Selection for Window {
    fn add(&mut self, individuals: Vec<Individual>) {
        individuals.into_iter().filter(|one| !one.loss().is_nan()).for_each(|one| self.insert(one));
        let stay = self.near(self.width).max(FEWEST).min(self.order.len());
        self.free.extend(self.order.drain(stay..));
    }

    fn parents(&self, two: bool, random: &mut Rng) -> Vec<&Individual> {
        let near = self.near(if two { self.width / 3.0 } else { self.width });
        let near = if two { near.max(FEWEST) } else { near.max(1) }.min(self.order.len());
        drawn(near, 1, two, random).into_iter().map(|rank| &self.members[self.order[rank]]).collect()
    }
}

#[cfg(test)]
mod tests {
    use attune_core::rng::derive;
    use attune_core::space::Config;
    use rand::RngExt as _;

    use super::*;

    /// What a window of everybody, sorted anew at every step, draws parents from.
    fn near(all: &[(f64, u64)], width: f64, two: bool) -> Vec<u64> {
        let mut all = all.to_vec();
        all.sort_by(|a, b| compare(a.0, b.0).then(b.1.cmp(&a.1)));
        let width = if two { width / 3.0 } else { width };
        let near = all.iter().filter(|(loss, _)| loss - all[0].0 <= width).count();
        let near = if two { near.max(FEWEST.min(all.len())) } else { near.max(1) };
        all.truncate(near);
        all.into_iter().map(|(_, index)| index).collect()
    }

    #[test]
    fn whoever_is_forgotten_would_never_have_been_a_parent() {
        for (seed, width) in [(1, 0.03), (2, 0.5), (3, 0.0), (4, 1e9)] {
            let mut random = derive(seed, "window", &[]);
            let mut window = Window::new(width);
            let mut all = Vec::new();
            for index in 0..400 {
                // Losses that fall slowly, with ties and without.
                let loss = (random.random_range(0..40) as f64 / 20.0).max(1.0 - index as f64 / 200.0);
                let loss = if index % 7 == 3 { f64::NAN } else { loss };
                window.add(vec![Individual {
                    index,
                    config: Config::new(vec![]),
                    losses: vec![loss],
                    estimate: None,
                }]);
                all.extend((!loss.is_nan()).then_some((loss, index)));
                for two in [false, true] {
                    let expected = near(&all, width, two);
                    let ranks = drawn(expected.len(), 1, two, &mut random.clone());
                    let expected: Vec<u64> = ranks.into_iter().map(|rank| expected[rank]).collect();
                    let found = window.parents(two, &mut random.clone());
                    assert_eq!(found.iter().map(|parent| parent.index).collect::<Vec<_>>(), expected);
                }
            }
            assert!(width > 1.0 || window.members.len() < 200, "{}", window.members.len());
        }
    }
}
