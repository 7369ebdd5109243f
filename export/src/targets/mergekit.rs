//! `mergekit`: a mixture of checkpoints as a document for mergekit, and what it makes of it.
//!
//! mergekit's `linear` sums `Σ αᵢ·θᵢ`. It divides by `Σ αᵢ` unless it is told not to, takes negative weights, and gives tensors weights of
//! their own by parts of their names. So the document says what the plan says, and the checkpoint beside it is the sum itself.

mod description;
mod document;
mod exporter;

pub(crate) use description::DESCRIPTION;
pub use exporter::MergekitExporter;

const TARGET: &str = DESCRIPTION.name;
