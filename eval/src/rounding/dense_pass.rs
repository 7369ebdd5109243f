//! The dense model on a text, layer after layer, with somebody looking on.

use std::sync::Arc;

use attune_core::evaluator::EvalFailure;
use burn_tensor::Tensor;

use crate::decoder::{Batch, Positions};
use crate::edits::{LayerEdits, Watch, Watched};
use crate::model::Model;

/// Sequences of equal length.
pub(crate) struct Text {
    /// Tokens, sequence after sequence.
    pub(crate) ids: Vec<u32>,
    pub(crate) batch: Batch,
    pub(crate) positions: Arc<Positions>,
}

/// How far the text is.
pub(super) struct DensePass<'a> {
    model: &'a Model,
    text: Vec<Text>,
    /// Layers that are behind.
    depth: usize,
    /// What comes out of them, for each part of the text.
    x: Vec<Tensor<2>>,
}

impl<'a> DensePass<'a> {
    /// Before the first layer.
    pub(super) fn new(model: &'a Model, text: Vec<Text>) -> Self {
        let x = text.iter().map(|part| model.embed(&part.ids)).collect();
        Self { model, text, depth: 0, x }
    }

    /// Adds to `wanted` what enters products of `layer`, which is not behind.
    pub(super) fn watched(
        &mut self,
        layer: usize,
        wanted: Watched,
        go_on: &dyn Fn() -> Result<(), EvalFailure>,
    ) -> Result<Watched, EvalFailure> {
        let dense = LayerEdits::default();
        while self.depth < layer {
            for place in 0..self.x.len() {
                go_on()?;
                self.x[place] = self.run(self.depth, place, &dense);
            }
            self.depth += 1;
        }
        let watch = Watch::new(wanted);
        let watching = LayerEdits { watch: Some(watch.clone()), ..LayerEdits::default() };
        for place in 0..self.x.len() {
            go_on()?;
            self.run(layer, place, &watching);
        }
        Ok(watch.seen())
    }

    fn run(&self, layer: usize, place: usize, edits: &LayerEdits) -> Tensor<2> {
        let Text { batch, positions, .. } = &self.text[place];
        self.model.layer(layer, self.x[place].clone(), *batch, &[edits], positions, None)
    }
}
