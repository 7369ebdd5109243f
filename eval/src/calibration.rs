//! What edits need to know about the dense model's activations before they run.

use crate::decoder::{Batch, Positions};
use crate::edits::{EditedModel, KeyMaxima};
use crate::model::Model;

/// The dense model's largest keys on `ids`, sequences of equal length.
pub(crate) fn key_maxima(model: &Model, ids: &[u32], batch: Batch, positions: &Positions) -> KeyMaxima {
    let config = &model.config;
    let dense = EditedModel::dense(config);
    let mut maxima = KeyMaxima::new(config.layers, config.kv_heads, config.head_dim);
    let mut x = model.embed(ids);
    for layer in 0..config.layers {
        maxima.add(layer, &model.key_maxima(layer, x.clone(), batch, positions));
        x = model.layer(layer, x, batch, &[dense.layer(layer)], positions, None);
    }
    maxima
}
