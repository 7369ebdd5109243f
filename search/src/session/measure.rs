//! Measuring: whatever asks the evaluator, and what is known without asking it.
//!
//! Plans are scored item by item (`scoring`): the cache is looked at first (`known`), the rest goes to worker threads
//! (`executor`) while commands are obeyed (`control`, `pause_gate`). Signals and sensitivities are measured before the search.

mod control;
mod executor;
mod interruptible;
mod known;
mod measuring;
mod meter;
mod metered;
mod needed;
mod pause_gate;
mod probing;
mod scoring;

pub(super) use control::Control;
pub(super) use executor::Executor;
pub(super) use interruptible::interruptible;
pub(super) use measuring::Measuring;
pub(super) use meter::Meter;
pub(super) use metered::Metered;
pub(super) use needed::Needed;
pub(super) use pause_gate::PauseGate;
pub(super) use probing::SensitivityProbe;
pub(super) use scoring::{Effort, Flow, Scored, Scoring, Step, Wanted};
