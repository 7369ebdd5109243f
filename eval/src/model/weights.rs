//! The weights of a decoder on a device.

use burn_tensor::Tensor;
use rayon::prelude::*;

use super::checkpoint::Checkpoint;
use super::config::{DecoderConfig, Family, Mixture};
use super::matrix::Linear;
use crate::compute::Compute;
use crate::error::LoadError;
use crate::ops::norm::RmsNorm;

/// Everything that is multiplied or added.
pub(crate) struct Weights {
    /// `[vocab, hidden]` on the host: rows are looked up by token.
    pub(crate) embedding: Vec<f32>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) norm: RmsNorm,
    /// `[vocab, hidden]`: the output matrix, transposed at use. Float32 on every device: scores are differences
    /// of logits.
    pub(crate) output: Tensor<2>,
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
    pub(super) fn read(
        checkpoint: &Checkpoint,
        config: &DecoderConfig,
        compute: &Compute,
    ) -> Result<Self, LoadError> {
        let shape = [config.vocab, config.hidden];
        let embedding = checkpoint.read("model.embed_tokens.weight", &shape)?;
        let reader = Reader { checkpoint, config, compute };
        let output =
            if is_tied(checkpoint, config) { embedding.clone() } else { checkpoint.read(OUTPUT, &shape)? };
        // Of several errors the first layer's, not that of whichever thread comes first.
        let layers: Vec<Result<_, LoadError>> =
            (0..config.layers).into_par_iter().map(|number| reader.layer(number)).collect();
        Ok(Self {
            embedding,
            layers: layers.into_iter().collect::<Result<_, _>>()?,
            norm: reader.norm("model.norm.weight", config.hidden)?,
            output: compute.float32(output, shape),
        })
    }
}

const OUTPUT: &str = "lm_head.weight";

/// A config.json that does not say is taken at its checkpoint's word.
pub(super) fn is_tied(checkpoint: &Checkpoint, config: &DecoderConfig) -> bool {
    config.tied.unwrap_or_else(|| !checkpoint.contains(OUTPUT))
}

struct Reader<'a> {
    checkpoint: &'a Checkpoint,
    config: &'a DecoderConfig,
    compute: &'a Compute,
}

impl Reader<'_> {
    fn layer(&self, number: usize) -> Result<Layer, LoadError> {
        let config = self.config;
        let (queries, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
        let place = format!("model.layers.{number}");
        let attention = format!("{place}.self_attn");
        let head_norm = |name: &str| -> Result<Option<RmsNorm>, LoadError> {
            config
                .qk_norm
                .then(|| self.norm(&format!("{attention}.{name}.weight"), config.head_dim))
                .transpose()
        };
        Ok(Layer {
            attention_norm: self.norm(&format!("{place}.input_layernorm.weight"), config.hidden)?,
            qkv: self.linear(
                &attention,
                &[("q_proj", queries), ("k_proj", kv), ("v_proj", kv)],
                config.hidden,
                config.qkv_bias,
            )?,
            query_norm: head_norm("q_norm")?,
            key_norm: head_norm("k_norm")?,
            attention_output: self.linear(
                &attention,
                &[("o_proj", config.hidden)],
                queries,
                config.output_bias,
            )?,
            feed_forward_norm: self
                .norm(&format!("{place}.post_attention_layernorm.weight"), config.hidden)?,
            feed_forward: self.feed_forward(&place)?,
        })
    }

    fn feed_forward(&self, place: &str) -> Result<FeedForward, LoadError> {
        match (self.config.family, self.config.mixture) {
            (Family::Mixtral, Some(Mixture { experts, per_token })) => {
                let place = format!("{place}.block_sparse_moe");
                Ok(FeedForward::Mixture(Box::new(Experts {
                    router: self.linear(&place, &[("gate", experts)], self.config.hidden, false)?,
                    per_token,
                    experts: (0..experts)
                        .map(|expert| self.gated(&format!("{place}.experts.{expert}"), ["w1", "w3", "w2"]))
                        .collect::<Result<_, _>>()?,
                })))
            }
            _ => {
                let names = ["gate_proj", "up_proj", "down_proj"];
                Ok(FeedForward::Dense(Box::new(self.gated(&format!("{place}.mlp"), names)?)))
            }
        }
    }

    fn gated(&self, place: &str, [gate, up, down]: [&str; 3]) -> Result<Gated, LoadError> {
        let config = self.config;
        let inner = config.feed_forward;
        Ok(Gated {
            gate_up: self.linear(place, &[(gate, inner), (up, inner)], config.hidden, config.mlp_bias)?,
            down: self.linear(place, &[(down, config.hidden)], inner, config.mlp_bias)?,
        })
    }

    fn linear(
        &self,
        place: &str,
        parts: &[(&str, usize)],
        inputs: usize,
        biased: bool,
    ) -> Result<Linear, LoadError> {
        let mut weights = Vec::new();
        let mut biases = Vec::new();
        for (name, outputs) in parts {
            weights.push(self.checkpoint.read(&format!("{place}.{name}.weight"), &[*outputs, inputs])?);
            if biased {
                biases.push(self.checkpoint.read(&format!("{place}.{name}.bias"), &[*outputs])?);
            }
        }
        Ok(Linear::new(self.compute, inputs, &weights, &biases))
    }

    fn norm(&self, name: &str, width: usize) -> Result<RmsNorm, LoadError> {
        Ok(RmsNorm::new(self.compute, self.checkpoint.read(name, &[width])?, self.config.norm_eps))
    }
}
