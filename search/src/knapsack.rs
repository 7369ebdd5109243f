//! The multiple-choice knapsack: one option for every slot, least damage within several budgets, with a
//! proven bound on what any allocation could reach.
//!
//! ```text
//! min Σ_s damage(s, x_s)   subject to   Σ_s cost_r(s, x_s) ≤ limit_r  for every budget r,
//!                                       the rule of every group
//! ```
//!
//! Three steps. *Dual*: the budgets are priced, which makes groups independent of each other; the best prices
//! give a lower bound (Fisher 1981, "The Lagrangian relaxation method"; for one budget this is the bound of the
//! linear relaxation, Kellerer, Pferschy & Pisinger 2004, §11.2). *Primal*: allocations that are optimal under
//! some prices are brought within budget and improved. *Labels*: dynamic programming over slots that drops
//! what the bound excludes and what is dominated; if nothing had to be dropped for want of room, the
//! result is optimal, else the best bound among the dropped is still proven.

mod dual;
mod group;
mod labels;
mod primal;
mod problem;

pub use problem::{Choice, Group, KnapsackError, Problem, Rule};

use attune_core::evaluator::RunControl;

use dual::Dual;
use primal::Draft;
use problem::Flat;

/// When to stop.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// A relative gap that is good enough: 0 asks for the optimum.
    pub gap: f64,
    /// Labels that the dynamic programme may store, all slots together, and look at for each slot.
    pub labels: usize,
    /// Ends the search early, from any thread.
    pub stop: RunControl,
}

impl Default for Goal {
    fn default() -> Self {
        Self { gap: 0.0, labels: 2_000_000, stop: RunControl::default() }
    }
}

/// An allocation and what is proven about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// The option of every slot.
    pub options: Vec<usize>,
    /// Its damage.
    pub damage: f64,
    /// No allocation does less damage than this.
    pub bound: f64,
}

impl Allocation {
    /// How far the damage may be from the optimum at most, relative to the damage; 0 when it is optimal.
    pub fn gap(&self) -> f64 {
        let excess = (self.damage - self.bound).max(0.0);
        if excess == 0.0 { 0.0 } else { excess / self.damage.abs().max(f64::MIN_POSITIVE) }
    }
}

/// Solves `problem` until `goal` is met or nothing more can be done.
///
/// # Errors
/// [`KnapsackError`]: the problem is malformed, has no allocation, none was found, or somebody asked to stop.
pub fn solve(problem: &Problem, goal: &Goal) -> Result<Allocation, KnapsackError> {
    let flat = Flat::new(problem)?;
    group::prove_budgets(&flat)?;
    let mut best: Option<Draft> = None;
    let dual = Dual::solve(&flat, &mut best, goal.gap);
    let allocation = |draft: &Draft, bound: f64| Allocation {
        options: draft.options.clone(),
        damage: draft.damage,
        bound: bound.min(draft.damage),
    };
    let met = |draft: &Draft| {
        let found = allocation(draft, dual.bound);
        let bound = if found.gap() <= ROUNDING { found.damage } else { found.bound };
        (found.gap() <= goal.gap.max(ROUNDING)).then_some(Allocation { bound, ..found })
    };
    if let Some(draft) = &mut best {
        if let Some(found) = met(draft) {
            return Ok(found);
        }
        draft.exchange(&flat);
        if let Some(found) = met(draft) {
            return Ok(found);
        }
    }
    let (better, bound) = labels::run(&flat, &dual, best.as_ref(), goal)?;
    let bound = bound.max(dual.bound);
    match better.or(best) {
        Some(draft) => Ok(allocation(&draft, bound)),
        None if bound == f64::INFINITY => Err(KnapsackError::Infeasible),
        None => Err(KnapsackError::NotFound),
    }
}

/// Relative differences below this are rounding.
const ROUNDING: f64 = 1e-12;

#[cfg(test)]
mod tests;
