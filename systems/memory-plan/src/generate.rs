//! Instances from a seed: traces of training as Megatron-LM runs it, regular and irregular, and packings without a gap.

mod megatron;
mod tight;

pub use megatron::{Irregular, Megatron};
pub use tight::tight;
