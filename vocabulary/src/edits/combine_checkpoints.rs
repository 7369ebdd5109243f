//! Mix saved checkpoints of one training run.

use attune_core::plan::{Argument, EditSchema};

use crate::view::view;

/// Replace weights by a linear combination of those of the saved checkpoints (LCSC, arXiv 2404.02241):
/// `θ = Σ αᵢ·θᵢ` with `Σ αᵢ = 1`, which is the paper's `θ₀ + Σ_{i≥1} αᵢ(θᵢ − θ₀)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CombineCheckpoints {
    /// The layer whose weights are mixed, counted from 0; `None` mixes the whole model.
    pub layer: Option<u32>,
    /// One coefficient per checkpoint, in the order in which they were saved; any sign, sum 1.
    pub coefficients: Vec<f64>,
}

view!(CombineCheckpoints, "combine-checkpoints", layer: "layer", coefficients: "coefficients");

impl CombineCheckpoints {
    pub(super) fn schema() -> EditSchema {
        let summary = "Replace weights by a linear combination of those of the saved checkpoints.";
        EditSchema::new("combine-checkpoints", summary, "LCSC (arXiv 2404.02241), §4")
            .with(Argument::reals(
                "coefficients",
                "one per saved checkpoint, in the order in which they were saved; any sign, sum 1",
            ))
            .with(Argument::count("layer", "the layer whose weights are mixed").optional("the whole model"))
            .in_group("layer")
            .once_per(&["layer"])
            .reads("[layer {layer}|the whole model]: checkpoints mixed by {coefficients}")
    }
}
