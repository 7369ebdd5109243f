//! Native evaluators of attune on Burn: load a model, apply plans to it exactly, and score them: language models in
//! the Hugging Face layout on text (`native`), small image generators on images (`diffusion`); `registry` lists both.

pub mod bench;
mod calibration;
pub mod choice;
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
mod ops;
pub mod passages;
pub mod registry;
mod rounding;
mod tasks;
pub mod text;
mod tokens;

pub use device::{device_names, devices};

#[cfg(test)]
mod family_goldens;
