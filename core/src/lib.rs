//! The words of attune and nothing else: typed spaces and configs, plans and edits, objectives,
//! trials, events, profiles, and the traits that techniques, strategies, evaluators, stores and
//! exporters implement.
//!
//! This crate performs no IO, reads no clock, starts no thread and draws no randomness that was not
//! seeded by its caller. Its types are not wire types: RON profiles, WIT, the journal and the cache
//! each own a versioned form and convert.

pub mod allowance;
pub mod bounds;
pub mod choices;
pub mod cost;
pub mod describe;
pub mod eigen;
pub mod evaluator;
pub mod event;
pub mod exporter;
pub mod facts;
pub mod format;
pub mod hash;
pub mod objective;
pub mod options;
pub mod panics;
pub mod plan;
pub mod pooling;
pub mod printable;
pub mod profile;
pub mod race;
pub mod remaining;
pub mod repeats;
pub mod report;
pub mod rng;
pub mod scores;
pub mod sensitivity;
pub mod signal;
pub mod space;
pub mod stats;
pub mod store;
pub mod strategy;
pub mod suggest;
pub mod technique;
pub mod trial;
pub mod whole;
