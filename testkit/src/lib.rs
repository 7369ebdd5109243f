//! Conformance suites: what a technique, a strategy, an evaluator, an exporter and a store promise, as checks that any of
//! them can be put through with one call in a test.
//!
//! [`scripted`] has a technique, an evaluator and a store that do as they are told, for tests of whatever drives them.
//!
//! A suite knows nothing but the trait, so it holds for what others bring as well as for what attune brings. It panics with
//! the promise that is broken, as test assertions do.

pub mod evaluator;
pub mod exporter;
pub mod scripted;
pub mod spaces;
pub mod store;
pub mod strategy;
pub mod technique;
