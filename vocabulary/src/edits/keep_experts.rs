//! Keep a subset of the experts of a layer.

use attune_core::plan::{Argument, EditSchema};

use crate::view::view;

/// Keep a subset of the experts of one layer (EEP, §3.2, the prune phase).
///
/// The router is restricted to the kept experts *before* its softmax, which is what a checkpoint
/// with sliced router rows computes: `p = softmax(x·W_gᵀ restricted to kept)`, top-k of `p`,
/// renormalised.
#[derive(Clone, Debug, PartialEq)]
pub struct KeepExperts {
    /// The layer, counted from 0.
    pub layer: u32,
    /// Kept experts, ascending, without repetition.
    pub experts: Vec<u32>,
}

view!(KeepExperts, "keep-experts", layer: "layer", experts: "experts");

impl KeepExperts {
    pub(super) fn schema() -> EditSchema {
        let summary = "Keep a subset of the experts of one layer; the router chooses among them.";
        EditSchema::new("keep-experts", summary, "EEP (arXiv 2407.00945), §3.2, the prune phase")
            .with(Argument::count("layer", "the mixture-of-experts layer"))
            .with(Argument::set(
                "experts",
                "the experts that stay, at least as many as the router selects per token",
            ))
            .in_group("layer")
            .once_per(&["layer"])
            .reads("layer {layer} keeps experts {experts}")
    }
}
