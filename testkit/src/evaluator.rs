//! The conformance suite for evaluators: plans that cannot be honoured are refused by name, and the scores of the others
//! depend on nothing but plan, items and numerics.
//!
//! [`Trial::findings`] tries every promise and tells what came of each; [`check`] is the same for a test, and panics. The plans
//! are made up from what the evaluator says of its edits ([`plans::of`]), so nothing has to be known of what it scores.
//!
//! ```
//! # use attune_core::evaluator::Evaluator;
//! fn mine_keeps_its_promises(mine: &dyn Evaluator) {
//!     attune_testkit::evaluator::check(mine);
//! }
//! ```

mod bounds;
mod outputs;
pub mod plans;
mod promises;
mod running;

use std::time::Duration;

use attune_core::evaluator::{Evaluator, Split};
use attune_core::plan::Plan;

use promises::PROMISES;

/// The metric that is a distance to the subject without edits.
const DISTANCE: &str = "kl";
/// A word that no vocabulary and no list of signals has.
const UNKNOWN: &str = "testkit-unknown";
/// Items that plans are scored on: enough for an order and a part of them.
const ITEMS: u32 = 3;

/// An evaluator that is tried, and how.
pub struct Trial<'a> {
    evaluator: &'a dyn Evaluator,
    plans: Vec<Plan>,
    /// How long it may go on after it was called off.
    patience: Duration,
    /// How much scores may differ that should be equal, relative to their size.
    tolerance: f64,
    /// Its subject has no form without edits.
    needs_edits: bool,
}

/// What came of a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is promised, in one sentence.
    pub promise: &'static str,
    /// What was seen, or how the promise is broken.
    pub outcome: Result<String, String>,
}

/// Every promise, as test assertions.
///
/// # Panics
/// With the first promise that is broken.
pub fn check(evaluator: &dyn Evaluator) {
    Trial::new(evaluator).findings(&mut |finding| {
        if let Err(broken) = finding.outcome {
            panic!("{}: {broken}", finding.promise);
        }
    });
}

impl<'a> Trial<'a> {
    /// A trial with plans that are made up from the evaluator's edits, and scores that are equal to the bit, as on a CPU.
    pub fn new(evaluator: &'a dyn Evaluator) -> Self {
        let plans = plans::of(evaluator);
        Self { evaluator, plans, patience: Duration::from_secs(60), tolerance: 0.0, needs_edits: false }
    }

    /// With these plans instead, all of which the evaluator honours.
    #[must_use]
    pub fn with_plans(self, plans: Vec<Plan>) -> Self {
        Self { plans, ..self }
    }

    /// Its subject has no form without edits, as a function has no value without arguments: what is promised of that form is
    /// not tried, and the first of the plans stands in its place elsewhere.
    #[must_use]
    pub fn needs_edits(self) -> Self {
        Self { needs_edits: true, ..self }
    }

    /// It must not go on for longer than this after it was called off.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Scores may differ by this much, relative to their size: for devices whose products depend on what shares them.
    #[must_use]
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// Tries every promise, and tells what came of each as soon as it is known.
    pub fn findings(&self, tell: &mut dyn FnMut(Finding)) {
        for (promise, tried) in PROMISES {
            tell(Finding { promise, outcome: tried(self) });
        }
    }

    /// A plan that is honoured: the one without edits, where the subject has a form without them.
    fn honoured(&self) -> Result<Plan, String> {
        match self.needs_edits {
            false => Ok(Plan::empty()),
            true => self.plans.first().cloned().ok_or_else(|| "there is no plan that it honours".to_owned()),
        }
    }

    /// The first items of the selection data.
    fn items(&self) -> Vec<u32> {
        let held = self.evaluator.task().items.get(&Split::Selection).copied().unwrap_or(0);
        (0..held.min(ITEMS)).collect()
    }
}
