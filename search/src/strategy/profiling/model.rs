//! A space and its table as a multiple-choice knapsack.

use attune_core::rng::Rng;
use attune_core::sensitivity::SensitivityTable;
use attune_core::space::{Budget, Config, Constraint, Domain, Slot, Space, Value};
use attune_core::strategy::{Planned, Spent};
use rand_distr::{Distribution as _, StandardNormal};

use super::super::{SearchContext, StrategyError};
use crate::knapsack::{Allocation, Choice, Goal, Group, KnapsackError, Problem, Rule, solve};

/// Where a slot of the space lies in the knapsack.
struct SlotRef {
    slot: Slot,
    /// First slot of the knapsack: the only one of a choice or level, one per element of a subset.
    first: usize,
    elements: Option<usize>,
}

/// The additive model: damages add up, constraints are linear.
///
/// `Exactly` becomes two budgets and `Forbidden` one. Of several `Distinct` rules on one dimension the first is
/// planned with; what an allocation breaks of the others is repaired.
pub(in super::super) struct Model {
    places: Vec<SlotRef>,
    /// One problem per objective; they differ in damages alone.
    problems: Vec<Problem>,
    /// How many of the limits are budgets of the space.
    pub(super) budgets: usize,
    goal: Goal,
}

/// Whether every dimension has options that damages can be added up of, and every cell does whatever the others are.
pub(in super::super) fn check(strategy: &'static str, space: &Space) -> Result<(), StrategyError> {
    for dimension in space.dimensions() {
        let options = dimension.domain.options().is_some();
        if !options && !matches!(dimension.domain, Domain::Subset { .. }) {
            let expected = "choices, levels or subsets";
            return Err(StrategyError::Unsupported { strategy, dimension: dimension.name.clone(), expected });
        }
    }
    match space.constraints().iter().find(|constraint| constraint.is_structure()) {
        None => Ok(()),
        Some(constraint) => Err(StrategyError::UnsupportedConstraint {
            strategy,
            constraint: constraint.in_words(space.dimensions()),
            instead: "`evolution` or `nsga2`",
        }),
    }
}

impl Model {
    pub(in super::super) fn new(
        strategy: &'static str,
        context: &SearchContext,
        gap: f64,
    ) -> Result<Self, StrategyError> {
        let space = &*context.space;
        let table = context.table.as_ref().filter(|table| table.objectives() > 0);
        let table = table.ok_or(StrategyError::NoTable { strategy })?;
        let places = places(space);
        let problem = |objective| problem(space, table, &places, objective);
        let problems = (0..table.objectives()).map(problem).collect();
        let goal = Goal { gap, stop: context.stop.clone(), ..Goal::default() };
        Ok(Self { places, problems, budgets: space.budgets().count(), goal })
    }

    pub(super) fn objectives(&self) -> usize {
        self.problems.len()
    }

    pub(super) fn problem(&self, objective: usize) -> &Problem {
        &self.problems[objective]
    }

    pub(super) fn goal(&self) -> &Goal {
        &self.goal
    }

    /// The first objective's problem with every damage scaled by a log-normal factor.
    pub(super) fn perturbed(&self, noise: f64, random: &mut Rng) -> Problem {
        let mut problem = self.problems[0].clone();
        for option in problem.slots.iter_mut().flatten() {
            let draw: f64 = StandardNormal.sample(random);
            option.damage *= (noise * draw).exp();
        }
        problem
    }

    /// The optimum of `problem` as a config; `None` when it lies outside the space and cannot be brought back.
    pub(super) fn plan(
        &self,
        problem: &Problem,
        space: &Space,
        random: &mut Rng,
    ) -> Result<Option<Config>, KnapsackError> {
        Ok(self.feasible(&solve(problem, &self.goal)?, space, random))
    }

    /// An allocation as a config; `None` when it lies outside the space and cannot be brought back.
    pub(super) fn feasible(
        &self,
        allocation: &Allocation,
        space: &Space,
        random: &mut Rng,
    ) -> Option<Config> {
        let config = self.config(space, &allocation.options);
        space.repair(config, &[], random).ok().filter(|config| space.check(config).is_ok())
    }

    /// What is proven about `optimum`, that of the first objective.
    pub(super) fn planned(&self, optimum: &Allocation, space: &Space) -> Planned {
        let problem = &self.problems[0];
        let spent = |(number, budget): (usize, &Budget)| {
            let cost = |(slot, &option): (&Vec<Choice>, &usize)| slot[option].costs[number];
            let used = problem.slots.iter().zip(&optimum.options).map(cost).sum();
            let (resource, unit) = (budget.resource.clone(), budget.unit.clone());
            Spent { resource, unit, used, limit: budget.limit }
        };
        let budgets = space.budgets().enumerate().map(spent).collect();
        Planned { damage: optimum.damage, bound: optimum.bound, budgets }
    }

    fn config(&self, space: &Space, options: &[usize]) -> Config {
        let mut cells: Vec<Vec<Value>> = space.dimensions().iter().map(|_| Vec::new()).collect();
        for SlotRef { slot, first, elements } in &self.places {
            cells[slot.dimension].push(match elements {
                None => Value::Index(options[*first] as u32),
                Some(of) => {
                    let picked = (0..*of).filter(|element| options[first + element] == 1);
                    Value::Indices(picked.map(|element| element as u32).collect())
                }
            });
        }
        Config::new(cells)
    }
}

fn places(space: &Space) -> Vec<SlotRef> {
    let mut first = 0;
    let place = |slot: Slot| {
        let elements = match &space.dimensions()[slot.dimension].domain {
            Domain::Subset { of, .. } => Some(*of as usize),
            _ => None,
        };
        let place = SlotRef { slot, first, elements };
        first += elements.unwrap_or(1);
        place
    };
    space.slots().map(place).collect()
}

fn problem(space: &Space, table: &SensitivityTable, places: &[SlotRef], objective: usize) -> Problem {
    let mut problem = Problem::default();
    for SlotRef { slot, first, elements } in places {
        let damage = |option: usize| table.damage(*slot, option, objective);
        let free = |damage: f64| Choice { damage, costs: Vec::new() };
        let domain = &space.dimensions()[slot.dimension].domain;
        match (elements, domain) {
            (Some(of), Domain::Subset { min, max, .. }) => {
                problem.slots.extend((0..*of).map(|element| vec![free(0.0), free(damage(element))]));
                let slots = (*first..first + of).collect();
                problem.groups.push(Group { slots, rule: Rule::Pick { min: *min, max: *max } });
            }
            _ => {
                let options = domain.options().unwrap_or(0) as usize;
                problem.slots.push((0..options).map(|option| free(damage(option))).collect());
            }
        }
    }
    for budget in space.budgets() {
        add_limit(&mut problem, places, budget.limit, &|slot, option| {
            let terms = budget.terms.iter().filter(|term| term.dimension == slot.dimension);
            terms.map(|term| term.row(slot.cell)[option]).sum()
        });
    }
    let mut grouped = Vec::new();
    for constraint in space.constraints() {
        match constraint {
            // Refused by `check`.
            Constraint::Budget(_) | Constraint::Ascending { .. } | Constraint::Active { .. } => {}
            Constraint::Exactly { dimension, option, count } => {
                for sign in [1.0, -1.0] {
                    add_limit(&mut problem, places, sign * f64::from(*count), &|slot, at| {
                        let here = slot.dimension == *dimension && at == *option as usize;
                        if here { sign } else { 0.0 }
                    });
                }
            }
            Constraint::Forbidden { cells } => {
                add_limit(&mut problem, places, cells.len() as f64 - 1.0, &|slot, at| {
                    cells.iter().filter(|(other, option)| *other == slot && *option as usize == at).count()
                        as f64
                });
            }
            Constraint::Distinct { dimension, by, at_most } if !grouped.contains(dimension) => {
                grouped.push(*dimension);
                let groups = space.dimensions()[*dimension].groups(by);
                let cells = || places.iter().filter(|place| place.slot.dimension == *dimension);
                for group in 0..groups.iter().max().map_or(0, |most| most + 1) {
                    let members = cells().filter(|place| groups[place.slot.cell] == group);
                    let slots = members.map(|place| place.first).collect();
                    problem.groups.push(Group { slots, rule: Rule::Distinct(*at_most) });
                }
            }
            Constraint::Distinct { .. } => {}
        }
    }
    problem
}

fn add_limit(problem: &mut Problem, places: &[SlotRef], limit: f64, cost: &dyn Fn(Slot, usize) -> f64) {
    problem.limits.push(limit);
    for SlotRef { slot, first, elements } in places {
        match elements {
            Some(of) => {
                for element in 0..*of {
                    let options = &mut problem.slots[first + element];
                    options[0].costs.push(0.0);
                    options[1].costs.push(cost(*slot, element));
                }
            }
            None => {
                for (option, choice) in problem.slots[*first].iter_mut().enumerate() {
                    choice.costs.push(cost(*slot, option));
                }
            }
        }
    }
}
