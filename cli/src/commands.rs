//! One module per command.

pub(crate) mod compare;
mod compiled;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod evaluator;
pub(crate) mod export;
pub(crate) mod man;
pub(crate) mod run;
pub(crate) mod sensitivities;
pub(crate) mod show;
pub(crate) mod studies;
pub(crate) mod target;
pub(crate) mod technique;

use compiled::compiled;
