//! Let some experts of a layer add nothing, while the router chooses among all.

use attune_core::plan::{Argument, EditSchema};

use crate::view::view;

/// Some experts of one layer add nothing; the router still chooses among all of them, and what it gives to one of these is given to
/// nobody else. This is MoNE's replacement of experts by constants (arXiv 2507.00390) with the constant 0, and what vLLM's
/// `approximate_experts` computes: unlike [`KeepExperts`](super::KeepExperts), whose router is restricted before it weighs, so layers can
/// keep any numbers of experts, fewer than a token is routed to among them.
#[derive(Clone, Debug, PartialEq)]
pub struct SilenceExperts {
    /// The layer, counted from 0.
    pub layer: u32,
    /// The experts that add nothing, ascending, without repetition.
    pub experts: Vec<u32>,
}

view!(SilenceExperts, "silence-experts", layer: "layer", experts: "experts");

impl SilenceExperts {
    pub(super) fn schema() -> EditSchema {
        let summary = "Some experts of one layer add nothing, while its router still chooses among all.";
        let source =
            "MoNE (arXiv 2507.00390), with 0 as the constant; the semantics of vLLM's `approximate_experts`";
        EditSchema::new("silence-experts", summary, source)
            .with(Argument::count("layer", "the mixture-of-experts layer"))
            .with(Argument::set("experts", "the experts that add nothing; at least one of the layer is left"))
            .in_group("layer")
            .once_per(&["layer"])
            .excludes("keep-experts", &["layer"], None)
            .excludes("merge-experts", &["layer"], None)
            .excludes("route-experts", &["layer"], None)
            .reads("layer {layer} silences experts {experts}")
    }
}
