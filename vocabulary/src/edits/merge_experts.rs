//! Merge the experts of a layer.

use attune_core::plan::{Argument, EditSchema};

use crate::view::view;

/// Replace the experts of one layer by linear combinations of their weights (EEP, Eq. 6, `W_EM`).
///
/// Expert `j` of the edited layer has `θ'_j = Σ_i matrix[j][i]·θ_i` as each of its gate, up and down weights.
/// Without a [`RouteExperts`](super::RouteExperts) in the layer there is one row for each expert and the router stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeExperts {
    /// The layer, counted from 0.
    pub layer: u32,
    /// Experts of the edited layer, `E'`.
    pub rows: u32,
    /// `E' × E` coefficients of any sign, row by row; `E` is the model's number of experts.
    pub matrix: Vec<f64>,
}

view!(MergeExperts, "merge-experts", layer: "layer", rows: "rows", matrix: "matrix");

impl MergeExperts {
    pub(super) fn schema() -> EditSchema {
        let summary = "Replace the experts of one layer by linear combinations of their weights.";
        EditSchema::new("merge-experts", summary, "EEP (arXiv 2407.00945), Eq. 6, `W_EM`")
            .with(Argument::count("layer", "the mixture-of-experts layer"))
            .with(Argument::count("rows", "experts of the edited layer, `E'`, from 1 to the model's `E`"))
            .with(Argument::matrix("matrix", "rows", "`E' × E` coefficients of any sign, row by row"))
            .in_group("layer")
            .once_per(&["layer"])
            .excludes("keep-experts", &["layer"], None)
            .reads("layer {layer}: {rows} experts, merged of {matrix}")
    }
}
