//! Evaluators as components: simulators of the world `attune:evaluator/simulator` (`plugins/wit-evaluator`), whose
//! configurations are searched.
//!
//! A component is given what it computes with, named byte strings that the host has read, and has nothing else: no file, clock,
//! network or randomness. So what it scores follows from its bytes, its options, its data, the plan and the item, and the hash of the
//! component says how it computes.
//!
//! Opening a task may be much work, so a task stays open: as many of them as threads that score, each in a store of its own.
//! One that trapped, or was stopped in the middle of a call, is thrown away. Items are scored one by one on all cores, each within the
//! same limits wherever it runs and whatever was asked with it; those of a task whose items share work are one call for each plan.

mod bounds;
mod component;
mod convert;
mod data;
mod error;
mod evaluating;
mod instance;
mod loaded;
mod prepared;
mod schema;
mod scored;
mod scoring;
mod settings;
mod simulation;
mod tasks;
mod wire;

pub use component::{BUILTIN_EVALUATORS, ComponentEvaluator};
pub use error::EvaluatorError;
