//! Native evaluators of attune on Burn: load a model, apply plans to it exactly, and score them: language models in
//! the Hugging Face layout on text (`native`), small image generators on images (`generator`).

pub mod bench;
mod calibration;
pub mod compute;
mod decoder;
mod device;
pub mod diffusion;
mod edits;
pub mod error;
mod gradient;
pub mod logits;
pub mod model;
pub mod native;
mod neighbours;
mod ops;
mod outline;
pub mod text;

pub use device::{device_names, devices};
pub use outline::Outline;

use attune_core::evaluator::TaskSpec;

/// The tasks of the native evaluators, the one of profiles that name none first.
pub fn tasks() -> Vec<TaskSpec> {
    vec![text::task(), diffusion::task()]
}
