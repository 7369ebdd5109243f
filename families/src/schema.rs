//! What a family of decoders may say of itself.
//!
//! Everything is data that a `const` can hold: a family is one file of such data in `known/`, without code. Where a
//! value comes from config.json, the family names the key and what its absence means.

mod attention;
mod feed_forward;
mod latent;
mod mixture;
mod names;
mod norm;
mod rotation;
mod temperature;
mod value;

pub use attention::{
    Attention, HeadDim, KvCount, KvHeads, Null, Over, Projections, QkNorm, QkPlace, WindowRule,
};
pub use feed_forward::{Activation, ActivationKey, FeedForward, GELUS, PartTensors, SILU};
pub use latent::{LatentNames, LatentRule};
pub use mixture::{
    Correction, Count, ExpertTensors, GroupSwitch, Groups, MixtureLayers, MixtureRule, Orientation, Router,
    SPARSEMIXER_EPS, Scores, SharedExpert, SharedInner,
};
pub use names::Names;
pub use norm::{Arrangement, NormKind, NormRule, Placement};
pub use rotation::{Pairs, PartRule, RotationRule, Unrotated};
pub use temperature::TemperatureRule;
pub use value::{Accepted, Flag, Number};

/// A family of decoders: how config.json and the tensors of its models are read, and what its forward pass is made of.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// `model_type` of config.json.
    pub name: &'static str,
    /// What `architectures` of config.json says.
    pub architecture: &'static str,
    /// Models that people know, for `docs/families.md`.
    pub models: &'static str,
    /// Names of the tensors that are of no layer, and how those of layers begin.
    pub names: Names,
    /// The longest context where `max_position_embeddings` is absent; `None`: the key has to be there.
    pub context: Option<usize>,
    /// Norms of the residual stream, and where they stand.
    pub norms: NormRule,
    /// Attention.
    pub attention: Attention,
    /// Rotary position embedding.
    pub rotation: RotationRule,
    /// The feed-forward part of a layer without experts.
    pub feed_forward: FeedForward,
    /// Experts, in a mixture.
    pub mixture: Option<MixtureRule>,
    /// What a token and the last layer are multiplied by.
    pub scales: Scales,
    /// Whether the output matrix is the embedding where `tie_word_embeddings` is absent.
    pub tied: bool,
    /// Whether logits have a bias, one number per token of the vocabulary.
    pub logit_bias: Flag,
    /// Keys that do not change what is computed as long as they have one of these values.
    pub only: &'static [(&'static str, Accepted)],
    /// Keys that have to be there with one of these values, because their absence means something that is not computed.
    pub needed: &'static [(&'static str, Accepted)],
    /// Keys of sizes that may be lists with a number for each layer, all alike.
    pub by_layer: &'static [&'static str],
    /// Keys of a number of layers behind the last one that predict tokens further on: logits do not depend on them, and
    /// their tensors are not read.
    pub predictors: &'static [&'static str],
    /// A model of several parts that holds one of this family.
    pub wrapper: Option<Wrapper>,
    /// Keys that never change what is computed in this family, beside those of all families.
    pub ignored: &'static [&'static str],
}

/// A model of several parts whose language model is of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrapper {
    /// `model_type` of config.json; the language model's keys are in `text_config`.
    pub name: &'static str,
    /// What `architectures` says.
    pub architecture: &'static str,
    /// What tensors of the language model are called before the name that they have by themselves.
    pub prefix: &'static str,
    /// Beginnings of the names of the other parts' tensors, which logits of a text do not depend on.
    pub others: &'static [&'static str],
    /// Whether the output matrix is the embedding where `tie_word_embeddings` is absent beside `text_config`.
    pub tied: bool,
    /// Keys beside `text_config` that speak of the other parts.
    pub ignored: &'static [&'static str],
    /// Sizes of the language model where `text_config` leaves them out.
    pub sizes: &'static [(&'static str, u64)],
}

/// Numbers that values are multiplied by on their way.
#[derive(Clone, Copy, Debug)]
pub struct Scales {
    /// Embeddings are multiplied by it.
    pub embedding: Number,
    /// What attention and the feed-forward part add to the residual stream is multiplied by it.
    pub residual: Number,
    /// Logits are multiplied by it.
    pub logits: Number,
    /// Soft-cap `c` of the logits, `c·tanh(x/c)`, after the scale (Gemma 2, arXiv 2408.00118, §2).
    pub cap: Number,
}

impl Scales {
    /// None at all.
    pub const NONE: Self =
        Self { embedding: Number::None, residual: Number::None, logits: Number::None, cap: Number::None };

    /// The multipliers of Granite, beside that of its scores.
    pub const GRANITE: Self = Self {
        embedding: Number::Key("embedding_multiplier", 1.0),
        residual: Number::Key("residual_multiplier", 1.0),
        logits: Number::Inverse("logits_scaling", 1.0),
        cap: Number::None,
    };
}

impl Family {
    /// A decoder as Llama's: what most families differ from in a few points.
    pub const LLAMA: Self = Self {
        name: "",
        architecture: "",
        models: "",
        names: Names::LLAMA,
        context: None,
        norms: NormRule::RMS,
        attention: Attention::LLAMA,
        rotation: RotationRule::WHOLE,
        feed_forward: FeedForward::SWIGLU,
        mixture: None,
        scales: Scales::NONE,
        tied: false,
        logit_bias: Flag::Always(false),
        only: &[],
        by_layer: &[],
        needed: &[],
        predictors: &[],
        wrapper: None,
        ignored: &[],
    };
}
