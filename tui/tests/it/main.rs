//! The screens, driven by keys and events against a desk without a model.

mod burst;
mod choices;
mod demo;
mod desk_harness;
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
