//! The feed-forward part of a mixture: every expert runs once, on the tokens that chose it.

use burn_tensor::{DType, Tensor};

use super::router::{RouterProbe, route};
use crate::model::{Gated, Linear, Model};
use crate::ops::rows::{add_weighted, gather};

impl Model {
    /// Normed rows in, what is added to the residual out: `experts_per_token/experts` of the work of
    /// running all experts on all tokens.
    pub(super) fn experts(
        &self,
        normed: Tensor<2>,
        router: &Linear,
        per_token: usize,
        experts: &[Gated],
        kept: Option<&[usize]>,
        probe: Option<&mut RouterProbe>,
    ) -> Tensor<2> {
        let mut sum = Tensor::zeros(normed.dims(), (self.compute.device(), self.compute.dtype()));
        let logits: Vec<f32> =
            router.apply(normed.clone()).cast(DType::F32).into_data().iter::<f32>().collect();
        let mut x = normed;
        // Experts in ascending order, so that sums are added in the order of `transformers`.
        for (expert, routed) in experts.iter().zip(route(&logits, experts.len(), per_token, kept, probe)) {
            if routed.rows.is_empty() {
                continue;
            }
            let (rest, rows) = gather(&self.compute, x, &routed);
            x = rest;
            sum = add_weighted(&self.compute, sum, self.gated(expert, rows), &routed);
        }
        sum
    }
}
