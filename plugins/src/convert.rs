//! Between wire types and domain types. What comes out of a component is checked here, completely: behind
//! this module a value of a domain type can be relied on.

mod describe;
mod model;
mod names;
mod outcome;
mod sensitivities;
mod setting;
mod space;

use attune_core::technique::FailureKind;

pub(crate) use describe::{at_most, description, is_word, operators};
pub(crate) use model::{facts, signal};
pub(crate) use names::{name, unit};
pub(crate) use outcome::{baselines, config_in, config_out, costs, plan};
pub(crate) use sensitivities::{sensitivities, signal_requests};
pub(crate) use setting::settings_out;
pub(crate) use space::space;

/// What is wrong with something that a component returned.
#[derive(Debug)]
pub(crate) struct BadOutput(pub(crate) String);

impl From<BadOutput> for FailureKind {
    fn from(BadOutput(problem): BadOutput) -> Self {
        Self::BadOutput(problem)
    }
}
