//! Encodings of a training run's checkpoints, and what a run that resumes from them loses.
//!
//! The scheme of BitSnap (November 2025), **re-derived from its abstract**: a bit mask of the weights that changed since another
//! save, clusters of the optimiser's states, and another choice for each stage of the training. The abstract's 16× is the ceiling of
//! the mask, one bit for a weight of sixteen; with a share `p` of changed weights it is `16 / (1 + 16·p)`.
//!
//! A save holds, for each parameter, its weight in bfloat16, what is left of the master weight in float32 (16 bits, see
//! [`bf16`]), and AdamW's two moments in float32. A [`Run`] trains a small byte-level transformer and keeps such saves; a
//! [`Policy`] says per stage and class of tensors how they are encoded; a [`Bench`] counts bytes and operations, decodes, and
//! resumes. Nothing here does IO, and the same seed gives the same bits on every machine.

mod bench;
pub mod bf16;
mod bits;
pub mod bound;
pub mod codec;
pub mod model;
mod policy;
mod range_coder;
mod run;
pub mod safetensors;
mod saves;

pub use attune_random::Random;
pub use bench::{Bench, Measure};
pub use policy::{MOMENTS, Policy, STAGES, StagePolicy, stage_of};
pub use run::{Run, RunOptions};
pub use saves::{CLASSES, Class, Save, Tensor};
