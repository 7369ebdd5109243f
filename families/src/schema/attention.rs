//! Attention: heads, biases, norms of queries and keys, scores, windows, and the names of tensors.

use super::{Flag, LatentRule, Number};

/// What null means at a key whose absence has a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// The same as absence without a default.
    Absent,
    /// Nothing that versions of transformers agree on: it is refused.
    Refused,
}

/// Where the number of key/value heads comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KvCount {
    /// From a key, as [`KvHeads`] says.
    Key(&'static str),
    /// There are as many as query heads; no key says anything else (GPT-NeoX).
    Queries,
    /// Falcon: from `num_kv_heads` with `new_decoder_architecture`, else one with `multi_query` and as many as query heads
    /// without.
    NewDecoder,
}

/// What the absence of the number of key/value heads means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvHeads {
    /// Where the key is absent; `None`: as many as query heads.
    pub default: Option<usize>,
    /// What null means.
    pub null: Null,
}

/// `head_dim`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadDim {
    /// Where the key is absent; `None`: the width of the residual stream divided by the query heads.
    pub default: Option<usize>,
    /// What null means.
    pub null: Null,
    /// Whether the query heads have to divide the width of the residual stream even where `head_dim` is given.
    pub always_divides: bool,
    /// Whether it is always the width of the residual stream divided by the query heads; the key, if given, has to say so.
    pub derived: bool,
    /// Whether rotations that are computed from the size of a head (`dynamic`, `yarn`) need the key.
    pub needed_by_scaling: bool,
}

/// Over what queries and keys are normalised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Each head by itself; one weight per channel of a head.
    Head,
    /// Each head by itself; one weight per channel of each head, `[heads, head_dim]` (Cohere).
    EachHead,
    /// All heads together; one weight per output of the projection.
    Projection,
}

/// Where norms of queries and keys stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QkPlace {
    /// Before rotation.
    BeforeRotation,
    /// Behind it; layers without rotation have none.
    AfterRotation,
}

/// Norms of queries and keys, of the same kind as those of the residual stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QkNorm {
    /// Over what.
    pub over: Over,
    /// Whether a model has them.
    pub present: Flag,
    /// Where they stand.
    pub place: QkPlace,
    /// Names of the weights of queries and of keys; `None`: they have none.
    pub names: Option<[&'static str; 2]>,
}

/// How queries, keys and values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projections {
    /// One matrix each.
    Apart([&'static str; 3]),
    /// One matrix with the rows of queries, then of keys, then of values.
    Fused(&'static str),
    /// One matrix with, for each key/value head, the rows of its query heads, of its key and of its value (GPT-NeoX, Falcon).
    Grouped(&'static str),
}

/// Which layers have a sliding window, which is `sliding_window` tokens, the query's own included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowRule {
    /// None.
    None,
    /// All of them (Mistral).
    Every {
        /// The window where its key is absent.
        tokens: Option<usize>,
        /// Whether a `layer_types` that says the same is understood: in a Mistral, it makes the model a Ministral.
        listed: bool,
    },
    /// Where `use_sliding_window` says so, from layer `max_window_layers` on or where `layer_types` says so (Qwen).
    Switched {
        /// The window where its key is absent.
        tokens: Option<usize>,
        /// Layers in front without a window where `max_window_layers` is absent; `None`: the family has no such key.
        first: Option<usize>,
    },
    /// Where `layer_types` says so.
    Listed {
        /// The window where its key is absent.
        tokens: Option<usize>,
        /// Without `layer_types`, every so many-th layer has none; `None`: all layers have one.
        full_every: Option<usize>,
        /// The key of that number.
        every_key: Option<&'static str>,
    },
    /// Chunks of `attention_chunk_size` tokens in the place of windows: a query sees its own chunk alone. In layers with
    /// rotation, or where `layer_types` says so (Llama 4).
    Chunked {
        /// The size of a chunk where its key is absent.
        tokens: usize,
    },
}

/// The attention of a family.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    /// Where the number of key and value heads comes from.
    pub kv_count: KvCount,
    /// What its absence means.
    pub kv_heads: KvHeads,
    /// Channels per head.
    pub head_dim: HeadDim,
    /// Whether queries, keys and values have biases.
    pub qkv_bias: Flag,
    /// Whether the output has a bias.
    pub output_bias: Flag,
    /// Norms of queries and keys.
    pub qk_norm: Option<QkNorm>,
    /// Bound of the magnitudes of queries, keys and values, behind their norms (OLMo, arXiv 2402.00838, §2.1).
    pub clip: Number,
    /// What scores are multiplied by; [`Number::None`]: one divided by the root of `head_dim`.
    pub scale: Number,
    /// Soft-cap of the scores.
    pub cap: Number,
    /// Whether every query head has a logit of its own that no value belongs to (GPT-OSS), and its name.
    pub sinks: Option<&'static str>,
    /// Sliding windows.
    pub windows: WindowRule,
    /// The part of a layer that attention's tensors are under.
    pub place: &'static str,
    /// Queries, keys and values, where they are made of the residual stream.
    pub projections: Projections,
    /// Keys and values of all heads are made of one latent per token, queries perhaps of another. Of biases, only what makes
    /// latents has those of queries, keys and values.
    pub latent: Option<LatentRule>,
    /// The output matrix.
    pub output: &'static str,
}

impl Attention {
    /// Grouped heads without biases, as Mistral has them.
    pub const PLAIN: Self = Self {
        kv_count: KvCount::Key("num_key_value_heads"),
        kv_heads: KvHeads { default: None, null: Null::Absent },
        head_dim: HeadDim {
            default: None,
            null: Null::Absent,
            always_divides: false,
            derived: false,
            needed_by_scaling: false,
        },
        qkv_bias: Flag::Always(false),
        output_bias: Flag::Always(false),
        qk_norm: None,
        clip: Number::None,
        scale: Number::None,
        cap: Number::None,
        sinks: None,
        windows: WindowRule::None,
        place: "self_attn",
        projections: Projections::Apart(["q_proj", "k_proj", "v_proj"]),
        latent: None,
        output: "o_proj",
    };

    /// The same with biases where `attention_bias` says so.
    pub const LLAMA: Self = Self {
        qkv_bias: Flag::Key("attention_bias", false),
        output_bias: Flag::Key("attention_bias", false),
        ..Self::PLAIN
    };
}

impl QkNorm {
    /// Over each head, in every model of the family.
    pub const HEADS: Self = Self {
        over: Over::Head,
        present: Flag::Always(true),
        place: QkPlace::BeforeRotation,
        names: Some(["q_norm", "k_norm"]),
    };
    /// Over all heads together, in every model of the family.
    pub const PROJECTIONS: Self = Self { over: Over::Projection, ..Self::HEADS };
}
