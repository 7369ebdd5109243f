//! The library as a Rust program sees it, and the examples.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod builder;
mod components;
mod examples;
mod function;
mod parts;
#[cfg(unix)]
mod programs;
mod targets;
