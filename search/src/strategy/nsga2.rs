//! NSGA-II: several objectives by non-dominated rank and crowding (Deb, Pratap, Agarwal & Meyarivan 2002).
//!
//! Constraints need no rank of their own: operators never leave the feasible set.

use attune_core::objective::compare;
use attune_core::options::{OptionKind, OptionValue};
use attune_core::rng::Rng;

use super::evolution::{self, Evolution, Scheme};
use super::options::{self, Options, spec};
use super::population::{Individual, Selection, drawn};
use super::size::Size;
use super::{SearchContext, StrategyInfo};
use crate::pareto::{Points, crowding, ranks};

pub(super) fn info() -> StrategyInfo {
    let probability = OptionKind::Real { min: 0.0, max: 1.0 };
    let mut options = evolution::option_specs();
    options.retain(|option| {
        matches!(&*option.name, "operators" | evolution::OPERATOR_NAMES | "baselines" | "redraws")
    });
    options.extend([
        options::count("population", "Parents that are kept, and children of one generation.", 40, 1 << 16),
        spec("crossover", "Share of children with two parents.", probability, OptionValue::Real(0.9)),
    ]);
    StrategyInfo {
        name: "nsga2",
        summary: "Evolution for several objectives: ranks by dominance and spreads along the front.",
        options,
    }
}

pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Evolution {
    let population = options.count("population");
    let scheme = Scheme {
        name: "nsga2",
        initial: population,
        generation: Size::Fixed(population),
        redraws: options.count("redraws"),
        screen: 1,
        crossover: options.real("crossover"),
        selection: Box::new(Fronts::new(population)),
        choosing: evolution::choosing(&context, options),
        operators: evolution::operators(&context, options),
    };
    Evolution::new(context, scheme, options.bool("baselines"))
}

/// The best `capacity` individuals by rank, then by crowding, best first.
pub(super) struct Fronts {
    members: Vec<Individual>,
    capacity: usize,
}

impl Fronts {
    pub(super) fn new(capacity: usize) -> Self {
        Self { members: Vec::new(), capacity }
    }
}

impl Selection for Fronts {
    fn add(&mut self, individuals: Vec<Individual>) {
        self.members.extend(individuals.into_iter().filter(|individual| !individual.loss().is_nan()));
        // A loss that is missing counts as one that is not a number.
        let objectives = self.members.iter().map(|member| member.losses.len()).max().unwrap_or(1);
        let loss = |member: &Individual, at: usize| member.losses.get(at).copied().unwrap_or(f64::NAN);
        let row = |member: &Individual| (0..objectives).map(|at| loss(member, at)).collect::<Vec<f64>>();
        let rows: Vec<f64> = self.members.iter().flat_map(row).collect();
        let points = Points::new(&rows, objectives);
        let ranks = ranks(points);
        let mut distances = vec![0.0; self.members.len()];
        for rank in 0..=ranks.iter().copied().max().unwrap_or(0) {
            let front: Vec<usize> = (0..ranks.len()).filter(|&i| ranks[i] == rank).collect();
            let values: Vec<f64> = front.iter().flat_map(|&i| points.point(i)).copied().collect();
            let crowded = crowding(Points::new(&values, objectives));
            front.into_iter().zip(crowded).for_each(|(i, distance)| distances[i] = distance);
        }
        let members = std::mem::take(&mut self.members).into_iter();
        let mut keyed: Vec<_> = members.zip(ranks.into_iter().zip(distances)).collect();
        keyed.sort_by(|(a, (rank_a, far_a)), (b, (rank_b, far_b))| {
            rank_a.cmp(rank_b).then(compare(-far_a, -far_b)).then(b.index.cmp(&a.index))
        });
        keyed.truncate(self.capacity);
        self.members = keyed.into_iter().map(|(member, _)| member).collect();
    }

    /// Binary tournaments by rank, then crowding (§III-C): places are in that order.
    /// None of them dominates it or has the same losses.
    fn improves(&self, losses: &[f64], parents: &[Vec<f64>]) -> bool {
        let as_good = |parent: &Vec<f64>| parent.iter().zip(losses).all(|(parent, loss)| parent <= loss);
        !losses.is_empty() && !parents.iter().any(as_good)
    }

    fn parents(&self, two: bool, random: &mut Rng) -> Vec<&Individual> {
        drawn(self.members.len(), 2, two, random).into_iter().map(|place| &self.members[place]).collect()
    }
}
