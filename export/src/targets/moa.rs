//! `moa`: the rules of heads as MoA's own code reads them (`{"alphas": [[…]], "betas": [[…]]}`, layers of query heads).
//!
//! MoA's size of a head is of its whole cache, `α + β·N` for a prompt and what is generated: 64 first tokens, and the last others. Its
//! kernels work in blocks of 64 tokens, so nothing but dense heads is computed as it was scored.

mod description;
mod exporter;
mod rules;

pub(crate) use description::DESCRIPTION;
pub use exporter::MoaExporter;

const TARGET: &str = DESCRIPTION.name;
