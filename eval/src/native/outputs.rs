//! Logits of a plan at some positions of every passage: what an engine that runs an export is held to.

use attune_core::evaluator::{EvalFailure, Outputs, Request, spread};
use attune_core::plan::Plan;

use super::NativeEvaluator;
use super::limit::{Clock, Limit, in_time};
use crate::decoder::Batch;
use crate::edits::EditedModel;
use crate::passages::Passages;

impl NativeEvaluator {
    /// The logits of `plan`, passage by passage; each runs alone, which changes no score and no logit.
    pub(super) fn logits_of(
        &self,
        plan: &Plan,
        request: &Request,
        positions: u32,
    ) -> Result<Vec<Outputs>, EvalFailure> {
        let mut edited = EditedModel::new(plan, &self.model.config)?;
        self.smooth(std::iter::once(&mut edited))?;
        self.round(std::iter::once(&mut edited), &request.stop)?;
        let data = self.passages(request)?;
        let limit = Limit::new(request, 1, Clock::start(&request.stop));
        let mut all = Vec::new();
        for &item in &request.items {
            for passage in data.of(item) {
                all.push(self.logits_at(&edited, data, item, passage, positions, limit)?);
            }
            request.progress.add(1.0);
        }
        Ok(all)
    }

    fn logits_at(
        &self,
        edited: &EditedModel,
        data: &Passages,
        item: u32,
        passage: u32,
        positions: u32,
        limit: Limit<'_>,
    ) -> Result<Outputs, EvalFailure> {
        let ids = data.tokens(passage);
        let batch = Batch { sequences: 1, tokens: ids.len() };
        let rotations = self.positions(ids.len());
        let mut x = self.model.embed_edited(edited, ids);
        for layer in 0..self.model.config.layers {
            in_time(limit)?;
            x = self.model.layer(layer, x, batch, &[edited.layer(layer)], &rotations, None);
        }
        let positions = spread(ids.len(), positions);
        let rows = x.select(0, self.model.compute.indices(&positions));
        let width = self.model.config.vocab;
        let values = self.model.logits_edited(edited, self.model.finish(rows), 0, width);
        let values = values.into_data().iter().collect();
        let outputs = Outputs { item, inputs: ids.to_vec(), positions, width, values };
        match outputs.fault() {
            None => Ok(outputs),
            Some(fault) => Err(EvalFailure::Internal(format!("the plan breaks the model: {fault}"))),
        }
    }
}
