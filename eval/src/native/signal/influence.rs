//! What it does to the loss that a query stops seeing a position (MoA, arXiv 2406.14909, eq. 3).
//!
//! With attention weights `A` and the loss `L`, masking position `j` for query `i`, the softmax renormalised, changes
//! the loss to first order by `E_ij = A_ij/(1 − A_ij) · (Σ_n ∂L/∂A_in · A_in − ∂L/∂A_ij)`. Its absolute value is
//! added up by distance, so that a span `S` has the estimated damage `Σ_{d ≥ S} E[d]` (eq. 4).

use attune_core::evaluator::EvalFailure;
use attune_core::options::OptionSpec;
use attune_core::space::Axis;
use attune_core::technique::Signal;
use burn_tensor::Tensor;

use super::Asked;
use super::probe::{Loss, count, positions_argument};
use crate::gradient::{Attended, Wish};
use crate::native::NativeEvaluator;

pub(super) const NAME: &str = "attention-influence";

pub(super) fn arguments() -> Vec<OptionSpec> {
    let sink = "first positions that are never masked; they count for no distance";
    vec![Loss::argument(Loss::Answers), positions_argument("sink", sink, 4)]
}

/// `1 − A` of a position that has all of a query's attention.
const LEAST_REST: f64 = 1e-6;

impl NativeEvaluator {
    /// `[layer][kv-head][distance]`, nats per token of the loss: query heads of one KV head are added up, items
    /// averaged. Distance 0, the query's own position, is never masked; it is in the table for completeness.
    pub(super) fn influence(&self, asked: &Asked<'_>) -> Result<(Signal, u64), EvalFailure> {
        let config = &self.model.config;
        let (heads, tokens) = (config.cache_heads(), self.one_length(asked.name, &asked.request)?);
        let sink = count(&asked.args, "sink");
        let read = |layer: usize, attended: Attended, sums: &mut [f64]| {
            if let Attended::Weights { weights, gradient } = attended {
                let lines = config.heads / heads * tokens;
                let [weights, gradient] = [weights, gradient].map(|of| of.reshape([heads, lines, tokens]));
                add(weights, gradient, sink, &mut sums[layer * heads * tokens..][..heads * tokens]);
            }
        };
        let cells = config.layers * heads * tokens;
        let (values, computed) =
            self.mean_over_items(asked, Loss::of(&asked.args), Wish::Weights, cells, &read)?;
        let axes = [("layer", config.layers), ("kv-head", heads), ("distance", tokens)];
        let axes = axes.into_iter().map(|(name, len)| Axis::new(name, len as u32)).collect();
        Ok((Signal { name: asked.name.to_owned(), axes, values }, computed))
    }
}

/// Adds `|E|` of one layer, `[kv_heads, group·tokens, tokens]` in, to `[kv_heads, tokens]` by distance.
fn add(weights: Tensor<3>, gradient: Tensor<3>, sink: usize, sums: &mut [f64]) {
    let [heads, lines, tokens] = weights.dims();
    let floats = |tensor: Tensor<3>| tensor.into_data().iter::<f32>().collect::<Vec<f32>>();
    let (weights, gradient) = (floats(weights), floats(gradient));
    for row in 0..heads * lines {
        let (head, query) = (row / lines, row % lines % tokens);
        let at = row * tokens;
        let (weights, gradient) = (&weights[at..=at + query], &gradient[at..=at + query]);
        let mean: f64 = weights.iter().zip(gradient).map(|(a, g)| f64::from(*a) * f64::from(*g)).sum();
        for key in sink..=query {
            let (a, g) = (f64::from(weights[key]), f64::from(gradient[key]));
            let change = a / (1.0 - a).max(LEAST_REST) * (mean - g);
            sums[head * tokens + query - key] += change.abs();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::Compute;
    use crate::gradient::sweep;
    use crate::gradient::tests::{positions, recorded, recorded_ids, small_model};

    #[test]
    fn torch_finds_the_same_influence() {
        let model = small_model("mixtral");
        let ids = recorded_ids("input_ids");
        let (heads, tokens) = (model.config().kv_heads, ids.len());
        let mut sums = vec![0.0; model.config().layers * heads * tokens];
        let place = positions(&model, tokens);
        sweep(&model, &ids, 1..tokens, &place, Wish::Weights, &mut |layer, attended| {
            let Attended::Weights { weights, gradient } = attended else { panic!("asked for weights") };
            add(weights, gradient, 4, &mut sums[layer * heads * tokens..][..heads * tokens]);
        });
        let expected = recorded("influence");
        let most = expected.iter().copied().fold(0.0, f32::max);
        for (place, (found, expected)) in sums.iter().zip(&expected).enumerate() {
            assert!((*found as f32 - expected).abs() < 1e-3 * most, "{place}: {found} {expected}");
        }
    }

    #[test]
    fn the_formula_is_the_change_of_a_linear_loss() {
        // One head, three positions; the loss is linear in the weights, so first order is exact.
        let weights = [1.0, 0.0, 0.0, 0.25, 0.75, 0.0, 0.5, 0.2, 0.3_f32];
        let gradient = [0.3, 9.0, 9.0, -1.0, 2.0, 9.0, 1.0, -2.0, 0.5_f32];
        let mut sums = [0.0; 3];
        let tensor = |values: [f32; 9]| Compute::cpu().tensor::<3>(values.to_vec(), [1, 3, 3]);
        add(tensor(weights), tensor(gradient), 0, &mut sums);
        let mut expected = [0.0; 3];
        for query in 1..3 {
            let row = |from: &[f32; 9]| -> Vec<f64> {
                from[3 * query..=3 * query + query].iter().map(|&value| f64::from(value)).collect()
            };
            let (a, g) = (row(&weights), row(&gradient));
            let loss = |a: &[f64]| -> f64 { a.iter().zip(&g).map(|(a, g)| a * g).sum() };
            for key in 0..=query {
                let mut masked = a.clone();
                masked[key] = 0.0;
                let rest: f64 = masked.iter().sum();
                masked.iter_mut().for_each(|weight| *weight /= rest);
                expected[query - key] += (loss(&masked) - loss(&a)).abs();
            }
        }
        for (found, expected) in sums.iter().zip(&expected) {
            assert!((found - expected).abs() < 1e-5, "{sums:?} {expected:?}");
        }
    }
}
