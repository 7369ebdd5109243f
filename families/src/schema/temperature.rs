//! Attention that is sharper far into a text.

use super::{Flag, Number};

/// Queries at position `p` are multiplied by `1 + β·ln(1 + ⌊(p + o)/n⌋)` (scalable softmax, arXiv 2501.19399).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TemperatureRule {
    /// They are not.
    None,
    /// In all layers, with `o = 0`: β is at this key beside the numbers of the rotation, and `n` the length of the first
    /// training there (Ministral 3).
    WithRotation(&'static str),
    /// In layers without rotation, with `o = 1` (Llama 4).
    Unrotated {
        /// Whether it is done.
        used: Flag,
        /// β.
        strength: Number,
        /// The key of `n`.
        every_key: &'static str,
        /// `n` where its key is absent.
        every: usize,
    },
}
