//! The weights of a decoder on a device.

use attune_families::schema::{NormKind, Over, QkPlace};
use attune_families::tensors::{
    self, FeedForwardTensors, LatentTensors, LayerTensors, LinearTensors, NormTensors, ProjectionTensors,
    Tensor,
};
use rayon::prelude::*;

use super::checkpoint::Checkpoint;
use super::matrix::Linear;
use super::projections::{LatentProjections, Projections};
use super::router::RouterRule;
use super::tiles::Buffers;
use super::token_matrices::TokenMatrices;
use crate::compute::Compute;
use crate::error::LoadError;
use crate::model::DecoderConfig;
use crate::ops::layer_norm::LayerNorm;
use crate::ops::norm::{Norm, RmsNorm};
use crate::ops::scores::Sinks;

/// Everything that is multiplied or added.
pub(crate) struct Weights {
    pub(crate) tokens: TokenMatrices,
    pub(crate) layers: Vec<Layer>,
    pub(crate) norm: Norm,
}

pub(crate) struct Layer {
    /// Of what enters attention; families differ in which norms they have.
    pub(crate) attention_norm: Option<Norm>,
    /// Of what attention gives.
    pub(crate) after_attention_norm: Option<Norm>,
    pub(crate) projections: Projections,
    /// Of queries and keys.
    pub(crate) qk_norms: Option<QkNorms>,
    /// A logit of each query head that no value belongs to.
    pub(crate) sinks: Option<Sinks>,
    pub(crate) attention_output: Linear,
    /// Of what enters the feed-forward part, where it is not that of attention.
    pub(crate) feed_forward_norm: Option<Norm>,
    /// Of what the feed-forward part gives.
    pub(crate) after_feed_forward_norm: Option<Norm>,
    pub(crate) feed_forward: FeedForward,
}

impl Layer {
    /// The norm of what enters the feed-forward part of a block whose parts stand side by side.
    pub(crate) fn entering_feed_forward(&self) -> Option<&Norm> {
        self.feed_forward_norm.as_ref().or(self.attention_norm.as_ref())
    }
}

/// Norms of queries and of keys.
pub(crate) struct QkNorms {
    pub(crate) over: Over,
    pub(crate) place: QkPlace,
    pub(crate) queries: Norm,
    pub(crate) keys: Norm,
}

pub(crate) enum FeedForward {
    Dense(Box<Gated>),
    Mixture(Box<Experts>),
}

/// A router and the experts that it chooses from.
pub(crate) struct Experts {
    pub(crate) router: Linear,
    pub(crate) rule: RouterRule,
    /// Experts per token.
    pub(crate) per_token: usize,
    pub(crate) experts: Vec<Gated>,
    pub(crate) shared: Option<SharedExpert>,
}

/// An expert that answers for every token.
pub(crate) struct SharedExpert {
    pub(crate) part: Gated,
    /// The sigmoid of its product is what the answer is multiplied by.
    pub(crate) gate: Option<Linear>,
}

/// `W_down · (a(W_gate·x) ∘ W_up·x)` (arXiv 2002.05202), or `W_down · a(W_up·x)` in families without a gate.
#[derive(Clone)]
pub(crate) struct Gated {
    /// Gate and up side by side, or up alone.
    pub(crate) inner: Linear,
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
        Self { inner: of(|part| &part.inner), down: of(|part| &part.down) }
    }

    /// Memory of the weights.
    pub(super) fn bytes(&self) -> u64 {
        self.inner.bytes() + self.down.bytes()
    }
}

impl Weights {
    /// Reads a checkpoint that [`inventory::check`](super::inventory::check) has found complete.
    pub(super) fn read(
        checkpoint: &Checkpoint,
        config: &DecoderConfig,
        compute: &Compute,
    ) -> Result<Self, LoadError> {
        let buffers = Buffers::default();
        let tokens = TokenMatrices::read(checkpoint, compute, config, &buffers)?;
        let reader = Reader { checkpoint, config, compute, buffers };
        // Of several errors the first layer's, not that of whichever thread comes first.
        let layers: Vec<Result<_, LoadError>> =
            (0..config.layers).into_par_iter().map(|number| reader.layer(number)).collect();
        Ok(Self {
            tokens,
            layers: layers.into_iter().collect::<Result<_, _>>()?,
            norm: reader.norm(&tensors::last_norm(config))?,
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
        let optional = |norm: Option<NormTensors>| norm.map(|norm| self.norm(&norm)).transpose();
        Ok(Layer {
            attention_norm: optional(names.attention_norm())?,
            after_attention_norm: optional(names.after_attention_norm())?,
            projections: self.projections(&names)?,
            qk_norms: self.qk_norms(number, &names)?,
            sinks: names.sinks().map(|(name, shape)| self.sinks(&name, &shape)).transpose()?,
            attention_output: self.linear(&names.attention_output())?,
            feed_forward_norm: optional(names.feed_forward_norm())?,
            after_feed_forward_norm: optional(names.after_feed_forward_norm())?,
            feed_forward: self.feed_forward(&names)?,
        })
    }

    fn sinks(&self, name: &str, shape: &[usize]) -> Result<Sinks, LoadError> {
        Ok(Sinks::new(self.compute, self.checkpoint.read(name, shape)?))
    }

    fn projections(&self, names: &LayerTensors<'_>) -> Result<Projections, LoadError> {
        let latent = match names.projections() {
            ProjectionTensors::Heads(linear) => return Ok(Projections::Heads(self.linear(&linear)?)),
            ProjectionTensors::Latent(latent) => *latent,
        };
        let LatentTensors { sizes, query, query_up, kv_down, kv_norm, kv_up } = latent;
        // Their ε is the family's own, not that of config.json.
        let norm = |(name, shape): &Tensor| -> Result<_, LoadError> {
            let weight = self.checkpoint.read(name, shape)?;
            Ok(Norm::Rms(RmsNorm::new(self.compute, weight, sizes.rule.eps as f32)))
        };
        let query_up =
            query_up.map(|(of, linear)| -> Result<_, LoadError> { Ok((norm(&of)?, self.linear(&linear)?)) });
        Ok(Projections::Latent(Box::new(LatentProjections {
            sizes,
            query: self.linear(&query)?,
            query_up: query_up.transpose()?,
            kv_down: self.linear(&kv_down)?,
            kv_norm: norm(&kv_norm)?,
            kv_up: self.linear(&kv_up)?,
        })))
    }

    fn qk_norms(&self, number: usize, names: &LayerTensors<'_>) -> Result<Option<QkNorms>, LoadError> {
        let (Some(over), Some(rule)) =
            (self.config.layer(number).qk_norm(), self.config.family.attention.qk_norm)
        else {
            return Ok(None);
        };
        let [queries, keys] = match names.qk_norms() {
            Some([queries, keys]) => [self.norm(&queries)?, self.norm(&keys)?],
            None => [self.bare_rms_norm(), self.bare_rms_norm()],
        };
        Ok(Some(QkNorms { over, place: rule.place, queries, keys }))
    }

    /// The norm of a head without weights.
    fn bare_rms_norm(&self) -> Norm {
        Norm::Rms(RmsNorm::new(self.compute, vec![1.0; self.config.head_dim], self.config.norm_eps))
    }

    fn feed_forward(&self, names: &LayerTensors<'_>) -> Result<FeedForward, LoadError> {
        let (Some(router), Some(mixture)) = (names.router(), self.config.mixture.as_ref()) else {
            return Ok(FeedForward::Dense(Box::new(self.gated(&names.feed_forward())?)));
        };
        let correction =
            router.correction.map(|(name, shape)| self.checkpoint.read(&name, &shape)).transpose()?;
        let weighs_input = self.config.family.mixture.is_some_and(|rule| rule.router.weighs_input);
        let shared = names.shared().map(|(part, gate)| -> Result<_, LoadError> {
            let gate = gate.map(|gate| self.linear(&gate)).transpose()?;
            Ok(SharedExpert { part: self.gated(&part)?, gate })
        });
        Ok(FeedForward::Mixture(Box::new(Experts {
            router: self.linear(&router.matrix)?,
            rule: RouterRule::new(mixture, weighs_input, correction),
            per_token: mixture.per_token,
            experts: (0..mixture.experts)
                .map(|expert| self.gated(&names.expert(expert)))
                .collect::<Result<_, _>>()?,
            shared: shared.transpose()?,
        })))
    }

    fn gated(&self, names: &FeedForwardTensors) -> Result<Gated, LoadError> {
        Ok(Gated { inner: self.linear(&names.inner)?, down: self.linear(&names.down)? })
    }

    fn linear(&self, names: &LinearTensors) -> Result<Linear, LoadError> {
        let matrix = |part| self.checkpoint.part(part);
        let weights = names.weights().map(matrix).collect::<Result<Vec<_>, _>>()?;
        let read = |part| Ok(self.checkpoint.part(part)?.to_vec());
        let biases = names.biases().map(read).collect::<Result<Vec<_>, LoadError>>()?;
        Ok(Linear::new(self.compute, names.inputs, weights, &biases, &self.buffers))
    }

    fn norm(&self, names: &NormTensors) -> Result<Norm, LoadError> {
        let kind = self.config.family.norms.kind;
        let mut weight = match &names.weight {
            None => vec![1.0; self.config.hidden],
            Some(weight) if matches!(kind, NormKind::Rms | NormKind::RmsPlusOne) => {
                return Ok(Norm::Rms(self.rms_norm(weight)?));
            }
            Some((name, shape)) => self.checkpoint.read(name, shape)?,
        };
        if matches!(kind, NormKind::Layer { plus_one: true, .. }) {
            weight.iter_mut().for_each(|weight| *weight += 1.0);
        }
        let bias = names.bias.as_ref().map(|(name, shape)| self.checkpoint.read(name, shape)).transpose()?;
        Ok(Norm::Layer(LayerNorm::new(self.compute, weight, bias, self.config.norm_eps)))
    }

    fn rms_norm(&self, (name, shape): &Tensor) -> Result<RmsNorm, LoadError> {
        let mut weight = self.checkpoint.read(name, shape)?;
        if self.config.family.norms.kind == NormKind::RmsPlusOne {
            weight.iter_mut().for_each(|weight| *weight += 1.0);
        }
        Ok(RmsNorm::new(self.compute, weight, self.config.norm_eps))
    }
}
