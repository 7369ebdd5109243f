//! Tests of the evaluator from outside: one binary, one module per promise.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod bad_models;
mod bad_plans;
mod bad_tasks;
mod blocks_and_activations;
mod cache_grids;
mod choice;
mod config_cases;
mod conformance;
mod contract;
mod device;
mod embedding_bits;
mod golden;
mod latent;
mod made;
#[cfg(target_os = "linux")]
mod memory;
mod packed;
mod population;
mod pruned;
mod real_configs;
mod repeatable;
mod signals;
mod silenced;
mod stored_types;
mod texts;
mod tokenizers;
mod unchanged;
mod weight_bits;
