//! The feed-forward part of a mixture: every expert runs once, on the tokens that chose it.

use burn_tensor::{DType, Tensor};

use super::product::Owners;
use super::router::{RouterProbe, route};
use crate::edits::LayerEdits;
use crate::model::{Experts, Model};
use crate::ops::rows::{add_weighted, gather};

impl Model {
    /// Normed rows of layer `number` in, as many for each entry of `edits`, what is added to the residual out:
    /// `experts_per_token/experts` of the work of running all experts on all tokens.
    pub(super) fn experts(
        &self,
        number: usize,
        normed: Tensor<2>,
        part: &Experts,
        edits: &[&LayerEdits],
        probe: Option<&mut RouterProbe>,
    ) -> Tensor<2> {
        let mut sum = Tensor::zeros(normed.dims(), (self.compute.device(), self.compute.dtype()));
        let logits: Vec<f32> =
            part.router.apply(normed.clone()).cast(DType::F32).into_data().iter::<f32>().collect();
        let mut x = normed;
        // Experts in ascending order, so that sums are added in the order of `transformers`.
        let rows = logits.len() / part.experts.len() / edits.len();
        let kept = |row: usize| edits[row / rows].experts.as_deref();
        let routed = route(&logits, part.experts.len(), part.per_token, &kept, probe);
        for (expert, (gated, mut routed)) in part.experts.iter().zip(routed).enumerate() {
            match routed.rows[..] {
                [] => continue,
                // A product with one row runs another kernel, which adds up in another order: a token's result
                // must not depend on whether others chose the same expert.
                [only] => {
                    routed.rows.push(only);
                    routed.weights.push(0.0);
                }
                _ => {}
            }
            let owners = Owners::chosen(edits, &routed.rows, rows);
            let (rest, chosen) = gather(&self.compute, x, &routed);
            x = rest;
            let answers = self.gated(gated, number, expert, chosen, &owners);
            sum = add_weighted(&self.compute, sum, answers, &routed);
        }
        sum
    }
}
