//! The screens, driven by keys and events against a backend without a model.

mod backend_harness;
mod burst;
mod choices;
mod demo;
mod evaluators;
mod journey;
mod keys_and_events;
mod lists;
mod mouse;
#[cfg(unix)]
mod panic;
mod results;
mod round_trip;
mod screens;
mod steps;
mod studies;
mod system;
