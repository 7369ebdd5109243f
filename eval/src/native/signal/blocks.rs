//! How much each block, and each half of it, turns the residual stream (ShortGPT, arXiv 2403.03853, Eq. 1).

use attune_core::evaluator::EvalFailure;
use attune_core::space::Axis;
use attune_core::technique::Signal;
use burn_tensor::{DType, Tensor};

use super::Asked;
use crate::decoder::{Batch, Positions};
use crate::edits::EditedModel;
use crate::model::Model;
use crate::native::groups::Group;
use crate::native::limit::{Limit, in_time};
use crate::native::{NativeEvaluator, host_parallel};

/// Block Influence: `1 − E[cos(x, y)]` over tokens, of what enters and what leaves.
pub(super) const NAME: &str = "block-influence";

/// Attention, feed-forward, both.
const PARTS: usize = 3;

impl NativeEvaluator {
    /// `[layer][part]`: part 0 is attention, 1 the feed-forward part, 2 the whole block; each with its residual.
    pub(super) fn block_influence(&self, asked: &Asked<'_>) -> Result<(Signal, u64), EvalFailure> {
        let layers = self.model.config.layers;
        let groups = self.main_groups(&asked.request, usize::MAX)?;
        let parts = host_parallel::run(&self.model.compute, groups.len(), |number| {
            let Group { ids, batch, .. } = &groups[number];
            cosine_sums(&self.model, ids, *batch, &self.positions(batch.tokens), Limit::default())
        })?;
        let tokens: usize = groups.iter().map(|group| group.ids.len()).sum();
        let sum = |cell: usize| parts.iter().map(|part| part[cell]).sum::<f64>();
        let values = (0..layers * PARTS).map(|cell| 1.0 - sum(cell) / tokens as f64).collect();
        let axes = vec![Axis::new("layer", layers as u32), Axis::new("part", PARTS as u32)];
        Ok((Signal { name: asked.name.to_owned(), axes, values }, (tokens * layers) as u64))
    }
}

/// Cosines, summed over the tokens of `batch`: `[layer][part]`.
fn cosine_sums(
    model: &Model,
    ids: &[u32],
    batch: Batch,
    positions: &Positions,
    limit: Limit<'_>,
) -> Result<Vec<f64>, EvalFailure> {
    let dense = EditedModel::dense(model.config());
    let layers = model.config().layers;
    let mut x = model.embed(ids);
    let mut sums = Vec::with_capacity(layers * PARTS);
    for layer in 0..layers {
        in_time(limit)?;
        let edits = [dense.layer(layer)];
        let between = model.attended(layer, x.clone(), batch, &edits, positions);
        let entered = model.config().is_parallel().then(|| x.clone());
        let after = model.feed_forward(layer, between.clone(), entered, batch, &edits, None);
        sums.extend([cosines(&x, &between), cosines(&between, &after), cosines(&x, &after)]);
        x = after;
    }
    Ok(sums)
}

/// The cosines of rows, summed. Two rows of zeros are alike.
fn cosines(one: &Tensor<2>, other: &Tensor<2>) -> f64 {
    let (one, other) = (one.clone().cast(DType::F32), other.clone().cast(DType::F32));
    let sums = |product: Tensor<2>| product.sum_dim(1).into_data().iter::<f32>().collect::<Vec<f32>>();
    let dots = sums(one.clone() * other.clone());
    let norms = sums(one.clone() * one).into_iter().zip(sums(other.clone() * other));
    let cosine = |(dot, (one, other)): (f32, (f32, f32))| {
        let norm = (f64::from(one) * f64::from(other)).sqrt();
        if norm == 0.0 { 1.0 } else { f64::from(dot) / norm }
    };
    dots.into_iter().zip(norms).map(cosine).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::tests::{positions, small_model};

    #[test]
    fn the_recorded_influences_agree() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/blocks-and-activations.safetensors");
        let bytes = std::fs::read(file).unwrap();
        let recorded = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let data = |name: &str| recorded.tensor(name).unwrap().data().to_vec();
        let ids: Vec<u32> = data("llama.influence.input_ids")
            .chunks_exact(8)
            .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as u32)
            .collect();
        let expected = data("llama.influence");
        let expected = expected.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
        let model = small_model("llama");
        let batch = Batch { sequences: 1, tokens: ids.len() };
        let sums = cosine_sums(&model, &ids, batch, &positions(&model, ids.len()), Limit::default()).unwrap();
        let found: Vec<f64> = sums.iter().map(|sum| 1.0 - sum / ids.len() as f64).collect();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - f64::from(expected)).abs() < 1e-5, "{found} {expected}");
        }
    }
}
