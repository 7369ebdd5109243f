//! The forward of a decoder, layer by layer.
//!
//! A caller drives the layers itself: whatever agrees up to some layer (candidates of one population)
//! can be run once up to there and continued several times.

mod attention;
mod cached;
mod experts;
mod grouped_linear;
mod positions;
mod router;

pub(crate) use cached::Caches;
pub(crate) use positions::Positions;
pub(crate) use router::{RouterProbe, Routing, route};

use attune_vocabulary::Module;
use burn_tensor::Tensor;

use crate::edits::LayerEdits;
use crate::model::{FeedForward, Gated, Model, Site};
use crate::ops::swiglu::silu_gate;
use grouped_linear::CandidateRows;

/// Sequences of equal length that run together; their rows lie one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) sequences: usize,
    pub(crate) tokens: usize,
}

impl Model {
    /// Embeddings of `ids`: `[ids, hidden]`.
    pub(crate) fn embed(&self, ids: &[u32]) -> Tensor<2> {
        self.weights.tokens.embed(&self.compute, ids)
    }

    /// One block: `[sequences·tokens, hidden]` in and out. The sequences are those of several candidates, as many of
    /// each, one candidate after the other; `edits` has one entry for each. `probe` sees what the router says.
    pub(crate) fn layer(
        &self,
        number: usize,
        x: Tensor<2>,
        batch: Batch,
        edits: &[&LayerEdits],
        positions: &Positions,
        probe: Option<&mut RouterProbe>,
    ) -> Tensor<2> {
        let x = self.attended(number, x, batch, edits, positions);
        self.feed_forward(number, x, batch, edits, probe)
    }

    /// The first half of a block, residual included.
    pub(crate) fn attended(
        &self,
        number: usize,
        x: Tensor<2>,
        batch: Batch,
        edits: &[&LayerEdits],
        positions: &Positions,
    ) -> Tensor<2> {
        let runs = |edits: &LayerEdits| !edits.skipped.attention;
        among(x, batch, edits, runs, |x, batch, edits| {
            let (x, normed) = self.weights.layers[number].attention_norm.beside(x);
            x + self.attention(number, normed, batch, edits, positions)
        })
    }

    /// The second half of a block, residual included.
    pub(crate) fn feed_forward(
        &self,
        number: usize,
        x: Tensor<2>,
        batch: Batch,
        edits: &[&LayerEdits],
        mut probe: Option<&mut RouterProbe>,
    ) -> Tensor<2> {
        let layer = &self.weights.layers[number];
        let runs = |edits: &LayerEdits| !edits.skipped.feed_forward;
        among(x, batch, edits, runs, |x, batch, edits| {
            let (x, normed) = layer.feed_forward_norm.beside(x);
            x + match &layer.feed_forward {
                FeedForward::Dense(gated) => {
                    let owners = CandidateRows::evenly(edits, batch);
                    self.gated(gated, number, 0, normed, &owners)
                }
                FeedForward::Mixture(experts) => {
                    self.experts(number, normed, experts, batch, edits, probe.take())
                }
            }
        })
    }

    /// The last norm: what the output matrix is applied to.
    pub(crate) fn finish(&self, x: Tensor<2>) -> Tensor<2> {
        self.weights.norm.beside(x).1
    }

    /// Logits of finished rows for the tokens `first..first + count`: `[rows, count]`, always float32.
    pub(crate) fn logits(&self, finished: Tensor<2>, first: usize, count: usize) -> Tensor<2> {
        self.weights.tokens.logits(finished, first, count)
    }

    /// The feed-forward part of a layer, or one expert of it.
    fn gated(
        &self,
        part: &Gated,
        layer: usize,
        expert: usize,
        x: Tensor<2>,
        owners: &CandidateRows<'_>,
    ) -> Tensor<2> {
        let site = |module| Site { layer, expert, module };
        let both = [Module::Gate, Module::Up];
        let gate_up = self.product(&part.gate_up, site(Module::Gate), &both, x, owners);
        let inner = silu_gate(&self.compute, gate_up);
        self.product(&part.down, site(Module::Down), &[Module::Down], inner, owners)
    }
}

/// Runs `body` on the rows of those candidates whose edits `run` it; the rows of others stay as they are.
fn among(
    x: Tensor<2>,
    batch: Batch,
    edits: &[&LayerEdits],
    runs: impl Fn(&LayerEdits) -> bool,
    body: impl FnOnce(Tensor<2>, Batch, &[&LayerEdits]) -> Tensor<2>,
) -> Tensor<2> {
    let running: Vec<&LayerEdits> = edits.iter().copied().filter(|edits| runs(edits)).collect();
    if running.len() == edits.len() {
        return body(x, batch, edits);
    }
    if running.is_empty() {
        return x;
    }
    let sequences = batch.sequences / edits.len();
    let rows = sequences * batch.tokens;
    let of = |candidate: usize| x.clone().narrow(0, candidate * rows, rows);
    let theirs = (0..edits.len()).filter(|&candidate| runs(edits[candidate])).map(of).collect();
    let batch = Batch { sequences: sequences * running.len(), tokens: batch.tokens };
    let ran = body(Tensor::cat(theirs, 0), batch, &running);
    let mut next = 0;
    let parts = (0..edits.len()).map(|candidate| {
        if !runs(edits[candidate]) {
            return of(candidate);
        }
        next += 1;
        ran.clone().narrow(0, (next - 1) * rows, rows)
    });
    Tensor::cat(parts.collect(), 0)
}
