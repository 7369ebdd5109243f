//! Tests of the evaluator from outside: one binary, one module per promise.

mod bad_models;
mod bad_plans;
mod bad_tasks;
mod contract;
mod device;
mod golden;
mod made;
mod pruned;
mod unchanged;
