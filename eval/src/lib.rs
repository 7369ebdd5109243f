//! Native evaluator of attune on Burn: loads a language model in the Hugging Face layout, applies plans
//! to it exactly, and scores them on text.

pub mod bench;
pub mod compute;
mod decoder;
mod device;
mod edits;
pub mod error;
mod gradient;
pub mod logits;
pub mod model;
pub mod native;
mod ops;
pub mod text;

pub use device::{device_names, devices};
