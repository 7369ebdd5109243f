//! Map what the router of a layer says about its experts.

use attune_core::plan::{Argument, EditSchema};

use crate::view::view;

/// Map the probabilities of one layer's router (EEP, Eq. 5, `W_RM`).
///
/// With `p` the softmax of all `E` router logits, `r = matrix·p`; the `k` largest of the `E'` entries of `r` are selected
/// and divided by their sum. Where that sum is not positive, no expert answers and the mixture adds nothing to
/// the token. Without a [`MergeExperts`](super::MergeExperts) in the layer there is one row for each expert, which answers for it.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteExperts {
    /// The layer, counted from 0.
    pub layer: u32,
    /// Experts of the edited layer, `E'`.
    pub rows: u32,
    /// `E' × E` coefficients of any sign, row by row; `E` is the model's number of experts.
    pub matrix: Vec<f64>,
}

view!(RouteExperts, "route-experts", layer: "layer", rows: "rows", matrix: "matrix");

impl RouteExperts {
    pub(super) fn schema() -> EditSchema {
        let summary = "Map the probabilities of one layer's router by a matrix.";
        EditSchema::new("route-experts", summary, "EEP (arXiv 2407.00945), Eq. 5, `W_RM`")
            .with(Argument::count("layer", "the mixture-of-experts layer"))
            .with(Argument::count("rows", "experts of the edited layer, `E'`, from 1 to the model's `E`"))
            .with(Argument::matrix("matrix", "rows", "`E' × E` coefficients of any sign, row by row"))
            .in_group("layer")
            .once_per(&["layer"])
            .excludes("keep-experts", &["layer"], None)
            .reads("layer {layer}: router mapped to {matrix}")
    }
}
