//! What a technique may know about a model: shapes and sizes, never weights.

use crate::hash::ContentHash;

/// Facts of one loaded model. Counts that do not exist in a family are 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFacts {
    /// What people call it: the last component of its path.
    pub name: String,
    /// Hash of configuration and weights: results are never mixed between two of these.
    pub fingerprint: ContentHash,
    /// Architecture family, for example `llama` or `mixtral` (`model_type` of config.json).
    pub family: String,
    /// Transformer blocks.
    pub layers: u32,
    /// Width of the residual stream.
    pub hidden: u32,
    /// Query heads per layer.
    pub heads: u32,
    /// Key/value heads per layer (equal to `heads` without grouped-query attention).
    pub kv_heads: u32,
    /// Channels per head.
    pub head_dim: u32,
    /// Experts per layer; 0 in a dense model.
    pub experts: u32,
    /// Experts that each token is routed to; 0 in a dense model.
    pub experts_per_token: u32,
    /// Longest context in tokens that the model was made for.
    pub context: u32,
    /// Entries of the vocabulary.
    pub vocab: u32,
    /// Parameters of the whole model.
    pub parameters: u64,
    /// Inner width of a feed-forward part, or of one expert.
    pub feed_forward: u32,
    /// Parameters of one expert of one layer; 0 in a dense model.
    pub expert_parameters: u64,
    /// Bytes per parameter as stored on disk (2 for float16 and bfloat16).
    pub bytes_per_parameter: f64,
}
