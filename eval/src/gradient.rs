//! Gradients of the loss of the dense model, through Burn's autodiff, one layer at a time.
//!
//! The forward of `decoder` runs on loops of our own on a CPU, which nothing can differentiate. So the input of
//! every layer is kept from that forward, and a layer is run once more out of Burn's operations when the gradient
//! of its output is known (checkpointing by layer, Chen et al., arXiv 1604.06174). At any time there are in
//! memory, in float32: `layers·tokens·hidden` numbers of kept inputs, about `12·heads·tokens²` of the one
//! layer that is being differentiated beside its other activations, and before that [`loss::ROWS`]`·vocab` of logits.

pub(crate) mod generate;
mod layer;
mod loss;
mod sweep;

pub(crate) use sweep::{Attended, Wish, sweep};

#[cfg(test)]
pub(crate) use layer::block;

#[cfg(test)]
pub(crate) mod tests;
