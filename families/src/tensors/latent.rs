//! The tensors of latent attention.

use super::{LinearTensors, Tensor};
use crate::config::{DecoderConfig, Latent};

/// What queries, keys and values of a layer are made by.
#[derive(Clone, Debug, PartialEq)]
pub enum ProjectionTensors {
    /// Of the residual stream: queries, keys and values side by side.
    Heads(LinearTensors),
    /// Of latents.
    Latent(Box<LatentTensors>),
}

/// The matrices and norms of latent attention (DeepSeek-V2, arXiv 2405.04434, §2.1).
#[derive(Clone, Debug, PartialEq)]
pub struct LatentTensors {
    /// The sizes.
    pub sizes: Latent,
    /// From the residual stream to queries, or to their latent.
    pub query: LinearTensors,
    /// The norm of the latent of queries, and from there to queries; heads one after the other, their channels that turn last.
    pub query_up: Option<(Tensor, LinearTensors)>,
    /// From the residual stream to the latent of keys and values and, behind it, the channels of keys that turn.
    pub kv_down: LinearTensors,
    /// The norm of the latent.
    pub kv_norm: Tensor,
    /// From the latent to each head's channels of keys that do not turn, and its values.
    pub kv_up: LinearTensors,
}

impl ProjectionTensors {
    pub(super) fn all(&self) -> Vec<Tensor> {
        match self {
            Self::Heads(linear) => linear.all().collect(),
            Self::Latent(latent) => {
                let up = latent.query_up.iter();
                let up = up.flat_map(|(norm, linear)| std::iter::once(norm.clone()).chain(linear.all()));
                let kv = latent.kv_down.all().chain([latent.kv_norm.clone()]).chain(latent.kv_up.all());
                latent.query.all().chain(up).chain(kv).collect()
            }
        }
    }
}

impl LatentTensors {
    /// Those of a layer whose attention stands at `place`.
    pub(super) fn of(config: &DecoderConfig, latent: &Latent, place: &str) -> Self {
        let names = latent.rule.names;
        let linear = |name: &str, outputs: usize, inputs: usize, biased: bool| {
            LinearTensors::apart(place, &[(name, outputs)], inputs, biased)
        };
        let norm = |name: &str, width: usize| (format!("{place}.{name}.weight"), vec![width]);
        let queries = config.heads * latent.head_dim();
        let (query, query_up) = match latent.query_rank {
            None => (linear(names.query, queries, config.hidden, false), None),
            Some(rank) => {
                let up = (norm(names.query_norm, rank), linear(names.query_up, queries, rank, false));
                (linear(names.query_down, rank, config.hidden, config.qkv_bias), Some(up))
            }
        };
        Self {
            sizes: *latent,
            query,
            query_up,
            kv_down: linear(names.kv_down, latent.cached(), config.hidden, config.qkv_bias),
            kv_norm: norm(names.kv_norm, latent.rank),
            kv_up: linear(names.kv_up, config.heads * (latent.unrotated + latent.value), latent.rank, false),
        }
    }
}
