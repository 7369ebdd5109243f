//! A byte-level transformer small enough to be trained where it is evaluated, with its gradients written out.
//!
//! Learned positions, blocks of RMS norm, causal attention, RMS norm and a feed-forward part with ReLU, a last norm, and the
//! embedding of tokens as output matrix. All arithmetic is float32, one operation after the other, so a run is the same bits
//! everywhere.

mod adamw;
mod attention;
mod forward;
mod layout;
mod ops;

pub use adamw::{AdamW, State};
pub use forward::{loss, loss_and_gradient};
pub use layout::{Layout, Part, VOCABULARY};
