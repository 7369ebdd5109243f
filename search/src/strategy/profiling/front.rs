//! The Pareto set of the additive model.

use attune_core::rng;
use attune_core::space::{Config, Space};
use attune_core::strategy::Planned;

use super::super::StrategyError;
use super::model::Model;
use crate::knapsack::{Allocation, Problem, solve};

/// The optimum, then the Pareto set: `levels` problems for every further objective, or with one objective for tighter
/// budgets. Each config once. With it what is proven about the optimum.
///
/// # Errors
/// [`StrategyError::Knapsack`] when there is no optimum.
pub(in super::super) fn front(
    model: &Model,
    space: &Space,
    seed: u64,
    levels: usize,
) -> Result<(Planned, Vec<Config>), StrategyError> {
    let random = |number: u64| rng::derive(seed, "front", &[number]);
    let optimum = solve(model.problem(0), model.goal())?;
    let mut front: Vec<Config> = model.feasible(&optimum, space, &mut random(0)).into_iter().collect();
    let further = if model.objectives() > 1 {
        by_objectives(model, &optimum, levels)?
    } else {
        by_budgets(model, levels)
    };
    for (problem, number) in further.iter().zip(1..) {
        // A level that nothing meets has no allocation to show.
        let config = model.plan(problem, space, &mut random(number)).ok().flatten();
        front.extend(config.filter(|config| !front.contains(config)));
    }
    Ok((model.planned(&optimum, space), front))
}

/// The first objective under limits on each other one, in even steps from what the first's optimum does to it down
/// to its own optimum (ε-constraint method; Haimes, Lasdon & Wismer 1971).
fn by_objectives(model: &Model, first: &Allocation, levels: usize) -> Result<Vec<Problem>, StrategyError> {
    let mut problems = Vec::new();
    for objective in 1..model.objectives() {
        let other = model.problem(objective);
        let own = solve(other, model.goal())?;
        let damage = |options: &[usize]| -> f64 {
            other.slots.iter().zip(options).map(|(slot, &option)| slot[option].damage).sum()
        };
        let (most, least) = (damage(&first.options), damage(&own.options));
        for level in 1..=levels {
            let mut problem = model.problem(0).clone();
            problem.limits.push(most - (most - least) * level as f64 / levels as f64);
            let choices = problem.slots.iter_mut().flatten().zip(other.slots.iter().flatten());
            choices.for_each(|(choice, other)| choice.costs.push(other.damage));
            problems.push(problem);
        }
    }
    Ok(problems)
}

/// The same problem with budgets that shrink in even steps towards what the cheapest allocation needs.
fn by_budgets(model: &Model, levels: usize) -> Vec<Problem> {
    let whole = model.problem(0);
    let cheapest: Vec<f64> = (0..model.budgets)
        .map(|budget| {
            let mut problem = whole.clone();
            problem.limits.clear();
            for choice in problem.slots.iter_mut().flatten() {
                choice.damage = choice.costs[budget];
                choice.costs.clear();
            }
            solve(&problem, model.goal()).map_or(whole.limits[budget], |allocation| allocation.damage)
        })
        .collect();
    let shrunk = |level: usize| {
        let mut problem = whole.clone();
        for (limit, cheapest) in problem.limits.iter_mut().zip(&cheapest) {
            *limit -= (*limit - cheapest) * level as f64 / levels as f64;
        }
        problem
    };
    if model.budgets == 0 { Vec::new() } else { (1..levels).map(shrunk).collect() }
}
