//! All logits of one text: what goldens, exporters' checks and curious people compare.

use std::sync::Arc;

use attune_core::evaluator::EvalFailure;
use attune_core::plan::Plan;

use crate::calibration;
use crate::decoder::{Batch, Positions};
use crate::edits::EditedModel;
use crate::model::Model;
use crate::rounding::{Rounded, Text};

/// Logits of `ids` under `plan`: `[ids, vocab]`, row-major; row `i` predicts token `i + 1`. There is no other data, so
/// smoothed keys have the scales that the dense model's keys have on `ids` themselves, and weights are rounded with error feedback by
/// what enters their modules there.
///
/// # Errors
/// [`EvalFailure::Unsupported`] for an edit that cannot be honoured, [`EvalFailure::BadRequest`] for ids outside
/// the vocabulary.
pub fn logits(model: &Model, plan: &Plan, ids: &[u32]) -> Result<Vec<f32>, EvalFailure> {
    let config = model.config();
    if let Some(id) = ids.iter().find(|&&id| id as usize >= config.vocab) {
        return Err(EvalFailure::BadRequest(format!("token {id} of a vocabulary of {}", config.vocab)));
    }
    let mut edited = EditedModel::new(plan, config)?;
    let batch = Batch { sequences: 1, tokens: ids.len() };
    let positions = Positions::new(&model.compute, config, ids.len());
    if edited.smooths() {
        edited.smooth(&calibration::key_maxima(model, ids, batch, &positions));
    }
    let positions = Arc::new(positions);
    let text = || Ok(vec![Text { ids: ids.to_vec(), batch, positions: Arc::clone(&positions) }]);
    Rounded::default().round(model, &mut [&mut edited], &text, &|| Ok(()))?;
    let mut x = model.embed_edited(&edited, ids);
    for layer in 0..config.layers {
        x = model.layer(layer, x, batch, &[edited.layer(layer)], &positions, None);
    }
    let logits = model.logits_edited(&edited, model.finish(x), 0, config.vocab);
    Ok(logits.into_data().iter().collect())
}
