//! Outcome of a trial.

use attune_core::evaluator::EvalFailure;
use attune_core::scores::Scores;
use attune_core::trial::{Dropped, Repeat};

use crate::session::measure::Effort;

/// How a trial ends.
pub(in crate::session) struct Ended {
    pub(in crate::session) outcome: Result<Finish, EvalFailure>,
    /// Evaluations of other studies answered everything.
    pub(in crate::session) shared: bool,
    pub(in crate::session) effort: Effort,
}

/// How a trial without a failure ends.
pub(in crate::session) enum Finish {
    /// With scores on all items.
    Complete(Scores),
    /// Left early.
    Dropped(Dropped),
    /// With scores on items of its own.
    Repeated(Repeat),
}
