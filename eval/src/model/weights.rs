//! The weights of a decoder on a device.

use rayon::prelude::*;

use super::checkpoint::Checkpoint;
use super::config::{DecoderConfig, Mixture};
use super::matrix::Linear;
use super::tensors::{self, GatedTensors, LayerTensors, LinearTensors, Tensor};
use super::tiles::Buffers;
use super::token_matrices::TokenMatrices;
use crate::compute::Compute;
use crate::error::LoadError;
use crate::ops::norm::RmsNorm;

/// Everything that is multiplied or added.
pub(crate) struct Weights {
    pub(crate) tokens: TokenMatrices,
    pub(crate) layers: Vec<Layer>,
    pub(crate) norm: RmsNorm,
}

pub(crate) struct Layer {
    pub(crate) attention_norm: RmsNorm,
    pub(crate) qkv: Linear,
    pub(crate) query_norm: Option<RmsNorm>,
    pub(crate) key_norm: Option<RmsNorm>,
    pub(crate) attention_output: Linear,
    pub(crate) feed_forward_norm: RmsNorm,
    pub(crate) feed_forward: FeedForward,
}

pub(crate) enum FeedForward {
    Dense(Box<Gated>),
    Mixture(Box<Experts>),
}

/// A router and the experts that it chooses from.
pub(crate) struct Experts {
    pub(crate) router: Linear,
    /// Experts per token.
    pub(crate) per_token: usize,
    pub(crate) experts: Vec<Gated>,
}

/// `W_down · (silu(W_gate·x) ∘ W_up·x)` (arXiv 2002.05202).
#[derive(Clone)]
pub(crate) struct Gated {
    pub(crate) gate_up: Linear,
    pub(crate) down: Linear,
}

impl Gated {
    /// `Σ number·part`, matrix by matrix; without terms zeros in the shape of `like`.
    pub(super) fn combination(compute: &Compute, terms: &[(f32, &Self)], like: &Self) -> Self {
        let of = |linear: fn(&Self) -> &Linear| {
            let terms: Vec<(f32, &Linear)> =
                terms.iter().map(|(number, part)| (*number, linear(part))).collect();
            Linear::combination(compute, &terms, linear(like))
        };
        Self { gate_up: of(|part| &part.gate_up), down: of(|part| &part.down) }
    }

    /// Memory of the weights.
    pub(super) fn bytes(&self) -> u64 {
        self.gate_up.bytes() + self.down.bytes()
    }
}

impl Weights {
    /// Reads a checkpoint that [`inventory::check`](super::inventory::check) has found complete.
    pub(super) fn read(
        checkpoint: &Checkpoint,
        config: &DecoderConfig,
        compute: &Compute,
    ) -> Result<Self, LoadError> {
        let shape = [config.vocab, config.hidden];
        let output = (!config.tied).then_some(tensors::OUTPUT);
        let buffers = Buffers::default();
        let tokens = TokenMatrices::read(checkpoint, compute, shape, tensors::EMBEDDING, output, &buffers)?;
        let reader = Reader { checkpoint, config, compute, buffers };
        // Of several errors the first layer's, not that of whichever thread comes first.
        let layers: Vec<Result<_, LoadError>> =
            (0..config.layers).into_par_iter().map(|number| reader.layer(number)).collect();
        Ok(Self {
            tokens,
            layers: layers.into_iter().collect::<Result<_, _>>()?,
            norm: reader.norm(&(tensors::NORM.to_owned(), vec![config.hidden]))?,
        })
    }
}

struct Reader<'a> {
    checkpoint: &'a Checkpoint,
    config: &'a DecoderConfig,
    compute: &'a Compute,
    buffers: Buffers,
}

impl Reader<'_> {
    fn layer(&self, number: usize) -> Result<Layer, LoadError> {
        let names = LayerTensors::new(self.config, number);
        let (query_norm, key_norm) = match names.head_norms() {
            None => (None, None),
            Some([query, key]) => (Some(self.norm(&query)?), Some(self.norm(&key)?)),
        };
        Ok(Layer {
            attention_norm: self.norm(&names.attention_norm())?,
            qkv: self.linear(&names.qkv())?,
            query_norm,
            key_norm,
            attention_output: self.linear(&names.attention_output())?,
            feed_forward_norm: self.norm(&names.feed_forward_norm())?,
            feed_forward: self.feed_forward(&names)?,
        })
    }

    fn feed_forward(&self, names: &LayerTensors<'_>) -> Result<FeedForward, LoadError> {
        let Some((router, Mixture { experts, per_token })) = names.mixture() else {
            return Ok(FeedForward::Dense(Box::new(self.gated(&names.feed_forward())?)));
        };
        Ok(FeedForward::Mixture(Box::new(Experts {
            router: self.linear(&router)?,
            per_token,
            experts: (0..experts)
                .map(|expert| self.gated(&names.expert(expert)))
                .collect::<Result<_, _>>()?,
        })))
    }

    fn gated(&self, names: &GatedTensors) -> Result<Gated, LoadError> {
        Ok(Gated { gate_up: self.linear(&names.gate_up)?, down: self.linear(&names.down)? })
    }

    fn linear(&self, names: &LinearTensors) -> Result<Linear, LoadError> {
        let matrix = |(name, shape): Tensor| self.checkpoint.matrix(&name, [shape[0], names.inputs]);
        let weights = names.weights().map(matrix).collect::<Result<Vec<_>, _>>()?;
        let read = |(name, shape): Tensor| self.checkpoint.read(&name, &shape);
        let biases = names.biases().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Linear::new(self.compute, names.inputs, weights, &biases, &self.buffers))
    }

    fn norm(&self, (name, shape): &Tensor) -> Result<RmsNorm, LoadError> {
        Ok(RmsNorm::new(self.compute, self.checkpoint.read(name, shape)?, self.config.norm_eps))
    }
}
