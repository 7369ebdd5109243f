//! The session: runs one study from wherever it stands to its report.
//!
//! Two actors. The *dispatcher*, on the caller's thread, owns the strategy, the journal and the event stream and
//! puts everything in order; the *executor*'s workers call the evaluator and know nothing else. They exchange
//! plans and scores over channels, so a worker could as well sit on another machine.
//!
//! Resume is replay: a study that was interrupted anywhere is asked again from its first proposal, finished
//! trials come from the journal, and what was evaluated but not journalled comes from the cache. What
//! this does not cover: failures that need not repeat (a deadline, no memory) are journalled when they happen, so
//! two studies that differ in one of them differ from there on.

//!
//! Four rooms: `run` puts things in order, `race` says who goes on, `measure` asks the evaluator, `report` compares the
//! winner. Beside them stands what all of them know: the setup, its checks, losses, counters, errors.

mod caught;
mod counters;
mod error;
mod losses;
mod measure;
mod outcome;
mod plan_baseline;
mod preflight;
mod race;
mod race_loss;
mod report;
mod run;
mod setup;
mod start;
mod whereabouts;

pub use error::SessionError;
pub use outcome::stored;
pub use plan_baseline::PlanBaseline;
pub use preflight::{Honours, Preflight};
pub use run::{SessionEnd, run, tabulate};
pub use setup::SessionSetup;
pub use start::Start;
pub use whereabouts::whereabouts;

#[cfg(test)]
mod tests;
