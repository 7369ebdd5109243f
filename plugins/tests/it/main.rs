//! Tests of the component host and of the built-in techniques, through the interface that a study uses.
#![expect(clippy::unwrap_used, reason = "helpers of tests panic like tests")]

mod activation_bits;
mod attention_spans;
mod block_dropping;
mod builtin;
mod caches;
mod checkpoint_mix;
mod clusters;
mod compiling;
mod evaluators;
mod expert_pruning;
mod growth;
mod hostile;
mod kv_bits;
mod languages;
mod misbehaving;
mod misbehaving_evaluator;
mod models;
mod number_grids;
mod opening;
mod targets;
mod weight_bits;
mod whole;
mod world;
