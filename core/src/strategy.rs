//! The strategy: a search algorithm with `ask` and `tell`. It never calls the evaluator.

use crate::objective::compare;
use crate::space::Config;

/// Where a proposal comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A named starting point: the technique's default, the uniform configuration, a baseline.
    Start(String),
    /// Drawn from the space.
    Random,
    /// Varied from earlier trials (their proposal numbers).
    Varied {
        /// Proposal numbers of the parents.
        parents: Vec<u64>,
        /// The technique's operator that made it, where that has a name.
        operator: Option<String>,
    },
    /// An earlier config once more, on items of the selection split that it was not scored on yet: what a strategy asks for
    /// when chance may have decided between configs. The session chooses the items, the same ones for all configs that are
    /// asked again equally often, so that they are compared item by item (see [`pooling`](crate::pooling)). It is a trial
    /// like any other, and counts as one.
    Again {
        /// Number of the proposal that had the config first; it was scored on all its items. A proposal that repeats
        /// another one is never named here.
        of: u64,
    },
}

/// One config to be evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Number of the proposal in its study, from 0 without gaps.
    pub index: u64,
    /// The canonical, feasible config.
    pub config: Config,
    /// Where it comes from.
    pub origin: Origin,
}

/// What became of a proposal, in losses: smaller is better, in the order of the study's objectives.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The proposal that was evaluated.
    pub index: u64,
    /// Its losses; `None` when it failed or lost its race. Neither is an excuse to propose it again. Of a config that was
    /// [asked again](Origin::Again): over all items that it was scored on so far, comparable with configs that were scored
    /// on fewer.
    pub losses: Option<Vec<f64>>,
    /// What the first loss of a trial that was left early would probably be, from the items that it was scored on. A
    /// guess: good enough to learn from, not to choose by.
    pub estimate: Option<f64>,
    /// Of a config that was [asked again](Origin::Again): its losses on the new items alone, put on the scale of its first
    /// ones. What differs from the losses that were told before is noise. `None` for all others.
    pub fresh: Option<Vec<f64>>,
}

impl Observation {
    /// The first loss, NaN when there is none: what a single-objective strategy ranks by.
    pub fn loss(&self) -> f64 {
        self.losses.as_ref().and_then(|losses| losses.first().copied()).unwrap_or(f64::NAN)
    }

    /// Order by first loss, failures last.
    pub fn compare(&self, other: &Self) -> std::cmp::Ordering {
        compare(self.loss(), other.loss())
    }
}

/// What new proposals have to beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rival {
    /// A finished proposal that has losses.
    pub index: u64,
    /// Number of the generation that is being proposed: its races share one random order of the items.
    pub generation: u64,
}

/// The best allocation of an additive model of damages, and what is proven about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its damage as the model predicts it, in the unit of the sensitivity table.
    pub damage: f64,
    /// No allocation within the budgets has a smaller predicted damage.
    pub bound: f64,
    /// What it takes of every budget.
    pub budgets: Vec<Spent>,
}

/// What an allocation takes of a budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Spent {
    /// For example `bits`.
    pub resource: String,
    /// For example `bits/element`.
    pub unit: String,
    /// What it takes.
    pub used: f64,
    /// What it may take.
    pub limit: f64,
}

impl Planned {
    /// How far the damage may be from the optimum at most, relative to the damage; 0 when it is optimal.
    pub fn gap(&self) -> f64 {
        let excess = (self.damage - self.bound).max(0.0);
        if excess == 0.0 { 0.0 } else { excess / self.damage.abs().max(f64::MIN_POSITIVE) }
    }
}

/// A search algorithm.
///
/// Contract (the conformance suite checks it): a function of (seed, space, ordered tells), so it can be
/// rebuilt by replay; proposals are canonical and feasible, numbered from 0 without gaps, and never
/// repeated while unseen points remain, unless they say so ([`Origin::Again`]); `tell` is called in proposal order with everything asked before the
/// next `ask`.
///
/// ```
/// use std::sync::Arc;
///
/// use attune_core::rng;
/// use attune_core::space::{Config, Dimension, Space};
/// use attune_core::strategy::{Observation, Origin, Proposal, Strategy};
///
/// /// One neighbour of the best config so far at a time.
/// struct Climb {
///     space: Arc<Space>,
///     asked: Vec<Config>,
///     best: Option<(f64, usize)>,
/// }
///
/// impl Strategy for Climb {
///     fn name(&self) -> &'static str {
///         "climb"
///     }
///
///     fn ask(&mut self, _limit: usize) -> Vec<Proposal> {
///         let index = self.asked.len() as u64;
///         // Random numbers come from the number of the proposal, so that replay draws the same.
///         let mut random = rng::derive(7, "climb", &[index]);
///         let config = match self.best {
///             Some((_, best)) => self.space.mutate(&self.asked[best], &mut random),
///             None => self.space.sample(&mut random).expect("the space is not empty"),
///         };
///         self.asked.push(config.clone());
///         vec![Proposal { index, config, origin: Origin::Random }]
///     }
///
///     fn tell(&mut self, observations: &[Observation]) {
///         for observation in observations {
///             let loss = observation.loss();
///             if !loss.is_nan() && self.best.is_none_or(|(best, _)| loss < best) {
///                 self.best = Some((loss, observation.index as usize));
///             }
///         }
///     }
/// }
///
/// let space = Arc::new(Space::of([Dimension::int("n", 0, 99)])?);
/// let mut climb = Climb { space: Arc::clone(&space), asked: vec![], best: None };
/// for _ in 0..5 {
///     let [proposal] = climb.ask(8).try_into().expect("one at a time");
///     assert!(space.check(&proposal.config).is_ok());
///     climb.tell(&[Observation { index: proposal.index, losses: Some(vec![1.0]), estimate: None, fresh: None }]);
/// }
/// assert_eq!(climb.best, Some((1.0, 0)), "an equal loss is no better");
/// # Ok::<(), attune_core::space::SpaceError>(())
/// ```
pub trait Strategy: Send {
    /// For example `evolution`.
    fn name(&self) -> &'static str;

    /// The next generation: 1 to `limit` proposals, or none when the space is exhausted.
    fn ask(&mut self, limit: usize) -> Vec<Proposal>;

    /// The finished proposal that a new one has to beat to make any difference to the search; a proposal that
    /// provably does not may be dropped before it is fully scored. `None`: everything matters.
    fn rival(&self) -> Option<Rival> {
        None
    }

    /// What it planned before it proposed anything, if it plans.
    fn planned(&self) -> Option<&Planned> {
        None
    }

    /// What became of every proposal of the last generation, in proposal order.
    fn tell(&mut self, observations: &[Observation]);
}
