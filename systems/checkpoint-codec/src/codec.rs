//! Codecs of weights and of optimiser states.

mod moments;
mod weights;

pub use moments::{Moment, MomentCodec};
pub use weights::{FullCodec, WeightCodec};

/// Bytes, and the operations that made them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// What is stored.
    pub bytes: Vec<u8>,
    /// Operations: one for each element that a pass reads or writes, and one for each bit that the entropy coder codes.
    pub work: u64,
}

/// Elements, and the operations that they took.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// What was stored.
    pub elements: Vec<T>,
    /// Operations, counted as those of [`Encoded`].
    pub work: u64,
}
