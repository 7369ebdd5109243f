//! Multi-head latent attention: keys and values of all heads are made of one latent per token.

/// The sizes of latent attention (DeepSeek-V2, arXiv 2405.04434, §2.1), each at a key of its own; here is what the absence of
/// the key means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatentRule {
    /// `q_lora_rank`: channels of the latent that queries are made of. At null, queries are made of the residual stream.
    pub query_rank: usize,
    /// `kv_lora_rank`: channels of the latent that keys and values are made of.
    pub rank: usize,
    /// `qk_nope_head_dim`: channels of a query or key head that do not turn, its first ones.
    pub unrotated: usize,
    /// `qk_rope_head_dim`: channels that turn, the last ones. Those of keys are the same in all heads, and are not made of
    /// the latent.
    pub rotated: usize,
    /// `v_head_dim`: channels of a value head.
    pub value: usize,
    /// ε of the norms of latents, which config.json does not say.
    pub eps: f64,
    /// The matrices.
    pub names: LatentNames,
}

/// What the matrices and norms of latent attention are called, under the place of attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatentNames {
    /// Queries where they have no latent.
    pub query: &'static str,
    /// From the residual stream to the latent of queries.
    pub query_down: &'static str,
    /// The norm of that latent.
    pub query_norm: &'static str,
    /// From that latent to queries.
    pub query_up: &'static str,
    /// From the residual stream to the latent of keys and values, and behind it to the channels of keys that turn.
    pub kv_down: &'static str,
    /// The norm of that latent.
    pub kv_norm: &'static str,
    /// From that latent, head by head, to the channels of keys that do not turn, and to values.
    pub kv_up: &'static str,
}

impl LatentRule {
    /// As DeepSeek V2 and V3 have it.
    pub const DEEPSEEK: Self = Self {
        query_rank: 1536,
        rank: 512,
        unrotated: 128,
        rotated: 64,
        value: 128,
        eps: 1e-6,
        names: LatentNames {
            query: "q_proj",
            query_down: "q_a_proj",
            query_norm: "q_a_layernorm",
            query_up: "q_b_proj",
            kv_down: "kv_a_proj_with_mqa",
            kv_norm: "kv_a_layernorm",
            kv_up: "kv_b_proj",
        },
    };
}
