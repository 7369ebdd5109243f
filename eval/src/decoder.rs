//! The forward of a decoder, layer by layer.
//!
//! A caller drives the layers itself: whatever agrees up to some layer (candidates of one population)
//! can be run once up to there and continued several times.

mod attention;
mod cached;
mod experts;
mod grouped_linear;
mod positions;
mod projections;
mod router;
mod sparsemixer;

pub(crate) use cached::Caches;
pub(crate) use experts::EveryExpert;
pub(crate) use positions::Positions;
pub(crate) use projections::Through;
pub(crate) use router::{RouterProbe, Routing, route};
pub(crate) use sparsemixer::near;

use attune_vocabulary::{Embedding, Module};
use burn_tensor::Tensor;

use crate::edits::{EditedModel, LayerEdits, Level};
use crate::model::{FeedForward, Gated, Layer, Model, Site, rows_of};
use crate::ops::activate::activate;
use crate::ops::norm::Norm;
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
        self.entering(self.weights.tokens.embed(&self.compute, ids))
    }

    /// The same under a plan.
    pub(crate) fn embed_edited(&self, edited: &EditedModel, ids: &[u32]) -> Tensor<2> {
        match edited.embeddings().level(Embedding::Input) {
            None => self.embed(ids),
            Some(level) => {
                let matrix = self.token_matrix(Embedding::Input, level);
                self.entering(rows_of(&matrix, &self.compute, ids))
            }
        }
    }

    /// Makes the matrices of a plan before several threads ask for them at once.
    pub(crate) fn make_embeddings(&self, edited: &EditedModel) {
        for end in Embedding::ALL {
            if let Some(level) = edited.embeddings().level(end) {
                self.token_matrix(end, level);
            }
        }
    }

    fn token_matrix(&self, end: Embedding, level: Level) -> Tensor<2> {
        self.weights.tokens.at(&self.compute, &self.token_levels, end, level)
    }

    /// What rows of the embedding enter the first layer as.
    fn entering(&self, rows: Tensor<2>) -> Tensor<2> {
        match self.config.embedding_scale {
            None => rows,
            Some(scale) => rows * scale,
        }
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
        let entered = self.config.is_parallel().then(|| x.clone());
        let x = self.attended(number, x, batch, edits, positions);
        self.feed_forward(number, x, entered, batch, edits, probe)
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
        among(x, [], batch, edits, runs, |x, [], batch, edits| {
            let (x, normed) = beside(self.weights.layers[number].attention_norm.as_ref(), x);
            let given = self.attention(number, normed, batch, edits, positions);
            x + self.added(self.weights.layers[number].after_attention_norm.as_ref(), given)
        })
    }

    /// The second half of a block, residual included. `entered` is what entered the block, where that is what this half
    /// reads: in models whose halves stand side by side.
    pub(crate) fn feed_forward(
        &self,
        number: usize,
        x: Tensor<2>,
        entered: Option<Tensor<2>>,
        batch: Batch,
        edits: &[&LayerEdits],
        mut probe: Option<&mut RouterProbe>,
    ) -> Tensor<2> {
        let layer = &self.weights.layers[number];
        let runs = |edits: &LayerEdits| !edits.skipped.feed_forward;
        let mut given = |normed: Tensor<2>, batch: Batch, edits: &[&LayerEdits]| {
            let given = match &layer.feed_forward {
                FeedForward::Dense(gated) => {
                    let owners = CandidateRows::evenly(edits, batch);
                    self.gated(gated, number, 0, normed, &owners)
                }
                FeedForward::Mixture(experts) => {
                    self.experts(number, normed, experts, batch, edits, probe.take())
                }
            };
            self.added(layer.after_feed_forward_norm.as_ref(), given)
        };
        match entered {
            None => among(x, [], batch, edits, runs, |x, [], batch, edits| {
                let (x, normed) = layer.second_half(x, None);
                x + given(normed, batch, edits)
            }),
            Some(entered) => among(x, [entered], batch, edits, runs, |x, [entered], batch, edits| {
                let (x, normed) = layer.second_half(x, Some(entered));
                x + given(normed, batch, edits)
            }),
        }
    }

    /// What is added to the residual stream of what a half of a block gives.
    pub(crate) fn added(&self, norm: Option<&Norm>, given: Tensor<2>) -> Tensor<2> {
        let given = match norm {
            None => given,
            Some(norm) => norm.beside(given).1,
        };
        self.scaled(given)
    }

    /// The same without a norm.
    pub(crate) fn scaled(&self, given: Tensor<2>) -> Tensor<2> {
        match self.config.residual_scale {
            None => given,
            Some(scale) => given * scale,
        }
    }

    /// The last norm: what the output matrix is applied to.
    pub(crate) fn finish(&self, x: Tensor<2>) -> Tensor<2> {
        self.weights.norm.beside(x).1
    }

    /// Logits of finished rows for the tokens `first..first + count`: `[rows, count]`, always float32.
    pub(crate) fn logits(&self, finished: Tensor<2>, first: usize, count: usize) -> Tensor<2> {
        self.bounded(self.weights.tokens.logits(finished, first, count, None))
    }

    /// The same under a plan.
    pub(crate) fn logits_edited(
        &self,
        edited: &EditedModel,
        finished: Tensor<2>,
        first: usize,
        count: usize,
    ) -> Tensor<2> {
        let level = edited.embeddings().level(Embedding::Output);
        let matrix = level.map(|level| self.token_matrix(Embedding::Output, level));
        self.bounded(self.weights.tokens.logits(finished, first, count, matrix.as_ref()))
    }

    /// Products with the output matrix as logits: scaled and capped, in families that do.
    fn bounded(&self, products: Tensor<2>) -> Tensor<2> {
        let scaled = match self.config.logit_scale {
            None => products,
            Some(scale) => products * scale,
        };
        match self.config.logit_cap {
            None => scaled,
            Some(cap) => (scaled / cap).tanh() * cap,
        }
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
        let gated = self.config.is_gated();
        let modules: &[Module] = if gated { &[Module::Gate, Module::Up] } else { &[Module::Up] };
        let products = self.product(&part.inner, site(modules[0]), modules, x, owners);
        let inner = activate(&self.compute, self.config.activation, gated, products);
        self.product(&part.down, site(Module::Down), &[Module::Down], inner, owners)
    }
}

impl Layer {
    /// Gives `x` back beside what its feed-forward part reads: the norm of `x`, or of what `entered` the block.
    fn second_half(&self, x: Tensor<2>, entered: Option<Tensor<2>>) -> (Tensor<2>, Tensor<2>) {
        match entered {
            None => beside(self.feed_forward_norm.as_ref(), x),
            Some(entered) => (x, beside(self.entering_feed_forward(), entered).1),
        }
    }
}

/// Gives `x` back beside its norm, or beside itself where a family has no norm there.
pub(crate) fn beside(norm: Option<&Norm>, x: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    match norm {
        None => (x.clone(), x),
        Some(norm) => norm.beside(x),
    }
}

/// Runs `body` on the rows of those candidates whose edits `run` it, of `x` and of what else it `reads`; the rows of others
/// stay as they are in `x`.
fn among<const N: usize>(
    x: Tensor<2>,
    reads: [Tensor<2>; N],
    batch: Batch,
    edits: &[&LayerEdits],
    runs: impl Fn(&LayerEdits) -> bool,
    body: impl FnOnce(Tensor<2>, [Tensor<2>; N], Batch, &[&LayerEdits]) -> Tensor<2>,
) -> Tensor<2> {
    let running: Vec<&LayerEdits> = edits.iter().copied().filter(|edits| runs(edits)).collect();
    if running.len() == edits.len() {
        return body(x, reads, batch, edits);
    }
    if running.is_empty() {
        return x;
    }
    let sequences = batch.sequences / edits.len();
    let rows = sequences * batch.tokens;
    let of = |x: &Tensor<2>, candidate: usize| x.clone().narrow(0, candidate * rows, rows);
    let theirs = |x: &Tensor<2>| {
        let running = (0..edits.len()).filter(|&candidate| runs(edits[candidate]));
        Tensor::cat(running.map(|candidate| of(x, candidate)).collect(), 0)
    };
    let batch = Batch { sequences: sequences * running.len(), tokens: batch.tokens };
    let ran = body(theirs(&x), reads.map(|read| theirs(&read)), batch, &running);
    let mut next = 0;
    let parts = (0..edits.len()).map(|candidate| {
        if !runs(edits[candidate]) {
            return of(&x, candidate);
        }
        next += 1;
        of(&ran, next - 1)
    });
    Tensor::cat(parts.collect(), 0)
}
