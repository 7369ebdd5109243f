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
use primal::{Core, Draft};
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

/// Solves `problem` until `goal` is met or nothing more can be done. What is cheap is done in any case: a gap that is good
/// enough is still closed where few slots are left to decide.
///
/// # Errors
/// [`KnapsackError`]: the problem is malformed, has no allocation, none was found, or somebody asked to stop.
pub fn solve(problem: &Problem, goal: &Goal) -> Result<Allocation, KnapsackError> {
    let flat = Flat::new(problem)?;
    group::prove_budgets(&flat)?;
    let mut best: Option<Draft> = None;
    let dual = Dual::solve(&flat, &mut best, goal.gap);
    let mut found = Found { bound: dual.bound, best };
    let mut room = if flat.has_sets() { goal.labels } else { goal.labels.min(FIRST_LABELS) };
    if let Some(draft) = &mut found.best {
        let within = within(draft.damage, dual.bound, goal.gap);
        let core = Core::new(&flat, &dual.prices, dual.bound, draft.damage);
        if within && (within_rounding(draft.damage, dual.bound) || !is_cheap(&flat, &core)) {
            return found.allocation();
        }
        draft.exchange(&flat, &core);
    }
    loop {
        let met = found.best.as_ref().map(|draft| within(draft.damage, found.bound, goal.gap));
        if let (Some(true), Some(draft)) = (met, &found.best) {
            let core = Core::new(&flat, &dual.prices, dual.bound, draft.damage);
            if room > FIRST_LABELS || within_rounding(draft.damage, found.bound) || !is_cheap(&flat, &core) {
                return found.allocation();
            }
        }
        let (better, bound) = labels::run(&flat, &dual, found.best.as_ref(), room, &goal.stop)?;
        found.bound = found.bound.max(bound);
        found.best = better.or(found.best);
        // The bound is infinite when everything was looked at and nothing fits.
        if room >= goal.labels || found.bound == f64::INFINITY {
            return found.allocation();
        }
        room = room.saturating_mul(10).min(goal.labels);
    }
}

/// What was found so far.
struct Found {
    best: Option<Draft>,
    /// No allocation does less damage.
    bound: f64,
}

impl Found {
    fn allocation(self) -> Result<Allocation, KnapsackError> {
        let Self { best, bound } = self;
        let Some(Draft { options, damage, .. }) = best else {
            return Err(if bound == f64::INFINITY {
                KnapsackError::Infeasible
            } else {
                KnapsackError::NotFound
            });
        };
        let bound = if within_rounding(damage, bound) { damage } else { bound.min(damage) };
        Ok(Allocation { options, damage, bound })
    }
}

/// Whether `damage` is within the relative `gap` of its `bound`.
fn within(damage: f64, bound: f64, gap: f64) -> bool {
    Allocation { options: Vec::new(), damage, bound }.gap() <= gap.max(ROUNDING)
}

fn within_rounding(damage: f64, bound: f64) -> bool {
    within(damage, bound, 0.0)
}

/// Whether a gap that is good enough is closed all the same.
fn is_cheap(flat: &Flat, core: &Core) -> bool {
    !flat.has_sets() && core.slots() <= FEW_SLOTS
}

/// Labels of a first run of the dynamic programme: a better allocation leaves less to look at in the next one, which has ten
/// times as many.
const FIRST_LABELS: usize = 20_000;
/// Slots that are decided in less than a millisecond.
const FEW_SLOTS: usize = 64;
/// Relative differences below this are rounding.
const ROUNDING: f64 = 1e-12;

#[cfg(test)]
mod tests;
