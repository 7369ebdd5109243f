//! The operations of a decoder that are not matrix products.
//!
//! Each has two bodies: plain Burn operations for any device, and one loop over memory for the CPU,
//! where a chain of element-wise operations costs as much as the products between them (measured on
//! SmolLM2: a third of the forward). Tests hold the two bodies together.

pub(crate) mod activate;
pub(crate) mod activations;
pub(crate) mod attend;
pub(crate) mod divergence;
pub(crate) mod heads;
pub(crate) mod host;
pub(crate) mod layer_norm;
pub(crate) mod math;
pub(crate) mod norm;
mod norm_weights;
pub(crate) mod quantise;
pub(crate) mod rotations;
pub(crate) mod rows;
pub(crate) mod scores;
pub(crate) mod softmax;
pub(crate) mod swiglu;
