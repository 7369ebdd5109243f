//! `hf`: the pruned checkpoint in the Hugging Face layout.
//!
//! Mixtures of checkpoints become one checkpoint (`checkpoint/mix.rs`), blocks that are skipped are left out (`blocks`). Of other plans, only those that fold *exactly* are taken: edits of experts. `softmax(x·Wᵀ)` restricted to the kept rows and cut to the top k equals what a router with only these rows
//! computes, and so do sigmoids, so pruning is a matter of dropping, renaming and slicing bytes. The same holds for a
//! mapping of the router with one-hot rows where the weights of the chosen experts are rescaled to 1. Merged experts are the only numbers that are
//! computed; a checkpoint of less than 32 bits rounds them to its element type, which is approximate.

mod blocks;
mod config;
mod description;
mod done;
mod exporter;
mod families;
mod fold;
mod moves;
mod names;
mod patch;
mod shards;
mod sums;
mod told;

pub(crate) use description::DESCRIPTION;
pub use exporter::HfExporter;

const TARGET: &str = DESCRIPTION.name;
