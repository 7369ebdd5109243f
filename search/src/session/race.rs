//! Racing: the stages of a generation, who is left behind in them, and how trials end.

mod ended;
mod halving;
mod observing;
mod racing_schedule;

pub(super) use ended::{Ended, Finish};
pub(super) use observing::observations;
pub(super) use racing_schedule::RacingSchedule;
