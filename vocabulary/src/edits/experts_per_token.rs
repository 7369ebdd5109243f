//! Route tokens to more or fewer experts.

use attune_core::plan::{Argument, EditSchema};

use crate::view::view;

/// Route each token of one layer to this many experts instead of the model's number (EEP, §4.3, active experts).
#[derive(Clone, Debug, PartialEq)]
pub struct ExpertsPerToken {
    /// The layer, counted from 0.
    pub layer: u32,
    /// Experts per token, `k`: at least 1, and at most as many as the edited layer has.
    pub count: u32,
}

view!(ExpertsPerToken, "experts-per-token", layer: "layer", count: "count");

impl ExpertsPerToken {
    pub(super) fn schema() -> EditSchema {
        let summary = "Route each token of one layer to this many experts instead of the model's number.";
        EditSchema::new("experts-per-token", summary, "EEP (arXiv 2407.00945), §4.3, active experts")
            .with(Argument::count("layer", "the mixture-of-experts layer"))
            .with(Argument::count(
                "count",
                "experts per token, `k`, from 1 to the experts of the edited layer",
            ))
            .in_group("layer")
            .once_per(&["layer"])
            .reads("layer {layer}: {count} experts per token")
    }
}
