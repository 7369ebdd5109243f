//! What an absent key means, family by family.
//!
//! Written by tests/golden/config_defaults.py from the config classes of transformers 4.57.6 and 5.24.0,
//! which agree. Change the script, not this file.

use super::Family;

/// Values of absent keys.
pub(super) struct Defaults {
    /// Key/value heads; `None`: as many as query heads.
    pub(super) num_key_value_heads: Option<usize>,
    /// Channels per head; `None`: the width of the residual stream divided by the query heads.
    pub(super) head_dim: Option<usize>,
    /// Added to the mean square in every norm.
    pub(super) rms_norm_eps: f64,
    /// Base of the rotation frequencies.
    pub(super) rope_theta: f64,
    /// Whether the output matrix is the embedding.
    pub(super) tie_word_embeddings: bool,
    /// Biases of the attention; `None`: the family has no such key.
    pub(super) attention_bias: Option<bool>,
    /// Biases of the feed-forward part; `None`: the family has no such key.
    pub(super) mlp_bias: Option<bool>,
    /// Tokens that a query sees; `None`: all, or no such key.
    pub(super) sliding_window: Option<usize>,
    /// Whether windows are used; `None`: the family has no such key.
    pub(super) use_sliding_window: Option<bool>,
    /// Layers in front that have no window; `None`: the family has no such key.
    pub(super) max_window_layers: Option<usize>,
    /// Experts of a layer; `None`: the family has none.
    pub(super) num_local_experts: Option<usize>,
    /// Experts of a token; `None`: the family has none.
    pub(super) num_experts_per_tok: Option<usize>,
}

impl Family {
    /// Values of keys that config.json leaves out.
    pub(super) fn defaults(self) -> &'static Defaults {
        match self {
            Self::Llama => &LLAMA,
            Self::Mistral => &MISTRAL,
            Self::Mixtral => &MIXTRAL,
            Self::Qwen2 => &QWEN2,
            Self::Qwen3 => &QWEN3,
        }
    }
}

const LLAMA: Defaults = Defaults {
    num_key_value_heads: None,
    head_dim: None,
    rms_norm_eps: 1e-06,
    rope_theta: 10000.0,
    tie_word_embeddings: false,
    attention_bias: Some(false),
    mlp_bias: Some(false),
    sliding_window: None,
    use_sliding_window: None,
    max_window_layers: None,
    num_local_experts: None,
    num_experts_per_tok: None,
};

const MISTRAL: Defaults = Defaults {
    num_key_value_heads: Some(8),
    head_dim: None,
    rms_norm_eps: 1e-06,
    rope_theta: 10000.0,
    tie_word_embeddings: false,
    attention_bias: None,
    mlp_bias: None,
    sliding_window: Some(4096),
    use_sliding_window: None,
    max_window_layers: None,
    num_local_experts: None,
    num_experts_per_tok: None,
};

const MIXTRAL: Defaults = Defaults {
    num_key_value_heads: Some(8),
    head_dim: None,
    rms_norm_eps: 1e-05,
    rope_theta: 1000000.0,
    tie_word_embeddings: false,
    attention_bias: None,
    mlp_bias: None,
    sliding_window: None,
    use_sliding_window: None,
    max_window_layers: None,
    num_local_experts: Some(8),
    num_experts_per_tok: Some(2),
};

const QWEN2: Defaults = Defaults {
    num_key_value_heads: Some(32),
    head_dim: None,
    rms_norm_eps: 1e-06,
    rope_theta: 10000.0,
    tie_word_embeddings: false,
    attention_bias: None,
    mlp_bias: None,
    sliding_window: Some(4096),
    use_sliding_window: Some(false),
    max_window_layers: Some(28),
    num_local_experts: None,
    num_experts_per_tok: None,
};

const QWEN3: Defaults = Defaults {
    num_key_value_heads: Some(32),
    head_dim: Some(128),
    rms_norm_eps: 1e-06,
    rope_theta: 10000.0,
    tie_word_embeddings: false,
    attention_bias: Some(false),
    mlp_bias: None,
    sliding_window: Some(4096),
    use_sliding_window: Some(false),
    max_window_layers: Some(28),
    num_local_experts: None,
    num_experts_per_tok: None,
};
