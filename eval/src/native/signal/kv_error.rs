//! What quantising a layer's cache does to the loss, to first order (PM-KVQ, arXiv 2505.18610, §3.2).
//!
//! `s = mean |∂L/∂K ∘ (Q_b(K) − K)|` over the tokens and channels of one KV head, keys after rotation, and the same
//! for values. Each layer's error meets its own gradient; the released code pairs layer `i` with the gradient of
//! layer `L − 1 − i`, because hooks of the backward pass run from the last layer to the first.

use attune_core::evaluator::EvalFailure;
use attune_core::options::{OptionKind, OptionSpec, OptionValue};
use attune_core::space::Axis;
use attune_core::technique::Signal;
use burn_tensor::Tensor;

use super::Asked;
use super::probe::{Loss, count, positions_argument};
use crate::compute::Compute;
use crate::gradient::{Attended, Wish};
use crate::native::NativeEvaluator;
use crate::ops::quantise::{Grid, quantise};

pub(super) const NAME: &str = "kv-quantisation-error";

pub(super) fn arguments() -> Vec<OptionSpec> {
    let group = "channels that share a scale and a zero point; 0 takes the whole head";
    vec![
        Loss::argument(Loss::Text),
        positions_argument("sink", "first positions that stay exact", 0),
        positions_argument("recent", "last positions that stay exact, the query's own included", 0),
        positions_argument("group-size", group, 0),
        OptionSpec {
            name: "bits".to_owned(),
            help: "bits to quantise to".to_owned(),
            kind: OptionKind::Ints { min: 1, max: 8 },
            default: OptionValue::Ints(vec![1, 2, 3, 4, 8]),
        },
    ]
}

impl NativeEvaluator {
    /// `[layer][kv-head][part][bits]`: part 0 is keys, part 1 values; bits in the order of the argument. Nats per
    /// token of the loss and cached element, averaged over items. Positions that queries see exactly have no
    /// gradient here.
    pub(super) fn kv_error(&self, asked: &Asked<'_>) -> Result<(Signal, u64), EvalFailure> {
        let config = &self.model.config;
        if config.latent.is_some() {
            return Err(EvalFailure::BadRequest(format!(
                "signal `{NAME}` is about keys and values of heads, and the cache of a {} holds one latent per token for all \
                 heads",
                config.family.name
            )));
        }
        let bits: Vec<u32> = match asked.args.get("bits") {
            Some(OptionValue::Ints(bits)) => bits.iter().map(|&bits| bits as u32).collect(),
            _ => Vec::new(),
        };
        let group = match count(&asked.args, "group-size") {
            0 => config.head_dim,
            size if config.head_dim.is_multiple_of(size) => size,
            size => {
                return Err(EvalFailure::BadRequest(format!(
                    "argument `group-size` of signal `{NAME}` is {size}, which does not divide the {} channels per \
                     head",
                    config.head_dim
                )));
            }
        };
        let wish = Wish::Cache { sink: count(&asked.args, "sink"), recent: count(&asked.args, "recent") };
        let per_layer = config.kv_heads * 2 * bits.len();
        let read = |layer: usize, attended: Attended, sums: &mut [f64]| {
            let Attended::Cache { keys, values, key_gradient, value_gradient } = attended else { return };
            let sums = &mut sums[layer * per_layer..][..per_layer];
            for (part, (stored, gradient)) in
                [(keys, key_gradient), (values, value_gradient)].into_iter().enumerate()
            {
                for (place, &width) in bits.iter().enumerate() {
                    let errors = damage(&self.model.compute, &stored, &gradient, width, group);
                    for (head, error) in errors.into_iter().enumerate() {
                        sums[(head * 2 + part) * bits.len() + place] += error;
                    }
                }
            }
        };
        let cells = config.layers * per_layer;
        let (values, computed) = self.mean_over_items(asked, Loss::of(&asked.args), wish, cells, &read)?;
        let axes =
            [("layer", config.layers), ("kv-head", config.kv_heads), ("part", 2), ("bits", bits.len())];
        let axes = axes.into_iter().map(|(name, len)| Axis::new(name, len as u32)).collect();
        Ok((Signal { name: asked.name.to_owned(), axes, values }, computed))
    }
}

/// `mean |gradient ∘ (Q(stored) − stored)|` of every KV head; `[kv_heads, tokens, head_dim]` in.
fn damage(compute: &Compute, stored: &Tensor<3>, gradient: &Tensor<3>, bits: u32, group: usize) -> Vec<f64> {
    let [heads, tokens, channels] = stored.dims();
    let grid = Grid { bits, group_size: group, from: bits, scales: None, engine: None, interleaved: false };
    let error = quantise(compute, stored.clone(), &vec![Some(&grid); heads]) - stored.clone();
    let products = (error * gradient.clone()).abs().into_data();
    let products: Vec<f32> = products.iter::<f32>().collect();
    let mean = |head: &[f32]| head.iter().map(|&x| f64::from(x)).sum::<f64>() / (tokens * channels) as f64;
    products.chunks_exact(products.len() / heads).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::sweep;
    use crate::gradient::tests::{positions, recorded, recorded_ids, small_model};

    #[test]
    fn torch_finds_the_same_errors_and_layers_meet_their_own_gradients() {
        let model = small_model("mixtral");
        let ids = recorded_ids("input_ids");
        let expected = recorded("kv_error");
        let (compute, group) = (Compute::cpu(), model.config().head_dim);
        let (heads, levels) = (model.config().kv_heads, [1, 2, 3, 4, 8]);
        let wish = Wish::Cache { sink: 0, recent: 0 };
        sweep(&model, &ids, 1..ids.len(), &positions(&model, ids.len()), wish, &mut |layer, attended| {
            let Attended::Cache { keys, values, key_gradient, value_gradient } = attended else {
                panic!("asked for the cache")
            };
            for (part, (stored, gradient)) in
                [(keys, key_gradient), (values, value_gradient)].into_iter().enumerate()
            {
                for (place, bits) in levels.into_iter().enumerate() {
                    let found = damage(&compute, &stored, &gradient, bits, group);
                    for (head, found) in found.into_iter().enumerate() {
                        let at = ((layer * heads + head) * 2 + part) * levels.len() + place;
                        let expected = f64::from(expected[at]);
                        assert!((found - expected).abs() < 2e-3 * expected, "{at}: {found} {expected}");
                    }
                }
            }
        });
    }
}
