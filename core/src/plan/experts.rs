//! Edits of the mixtures of experts (EEP, arXiv 2407.00945).

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

/// Replace the experts of one layer by linear combinations of their weights (EEP, Eq. 6, `W_EM`).
///
/// Expert `j` of the edited layer has `θ'_j = Σ_i matrix[j][i]·θ_i` as each of its gate, up and down weights.
/// Without a [`RouteExperts`] in the layer there is one row for each expert and the router stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeExperts {
    /// The layer, counted from 0.
    pub layer: u32,
    /// Experts of the edited layer, `E'`.
    pub rows: u32,
    /// `E' × E` coefficients of any sign, row by row; `E` is the model's number of experts.
    pub matrix: Vec<f64>,
}

/// Map the probabilities of one layer's router (EEP, Eq. 5, `W_RM`).
///
/// With `p` the softmax of all `E` router logits, `r = matrix·p`; the `k` largest of the `E'` entries of `r` are selected
/// and divided by their sum. Where that sum is not positive, no expert answers and the mixture adds nothing to
/// the token. Without a [`MergeExperts`] in the layer there is one row for each expert, which answers for it.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteExperts {
    /// The layer, counted from 0.
    pub layer: u32,
    /// Experts of the edited layer, `E'`.
    pub rows: u32,
    /// `E' × E` coefficients of any sign, row by row; `E` is the model's number of experts.
    pub matrix: Vec<f64>,
}

/// Route each token of one layer to this many experts instead of the model's number (EEP, §4.3, active experts).
#[derive(Clone, Debug, PartialEq)]
pub struct ExpertsPerToken {
    /// The layer, counted from 0.
    pub layer: u32,
    /// Experts per token, `k`: at least 1, and at most as many as the edited layer has.
    pub count: u32,
}
