//! What config.json says about a decoder, checked.

mod defaults;
mod family;
mod fields;
mod ignored;
pub(crate) mod json;
mod keys;
mod rope;
mod windows;

pub use family::Family;
pub(crate) use keys::{Keys, quoted};
pub use windows::Windows;

use std::path::Path;

use attune_vocabulary::Module;
use fields::{Fields, Found};

use super::rope::{Rope, Scaling};
use crate::error::LoadError;

/// Experts of a mixture-of-experts decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mixture {
    /// Experts per layer.
    pub experts: usize,
    /// Experts that each token is routed to.
    pub per_token: usize,
}

/// The shape of a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderConfig {
    /// Family.
    pub family: Family,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Inner width of a feed-forward part, or of one expert.
    pub feed_forward: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key/value heads; divides `heads`.
    pub kv_heads: usize,
    /// Channels per head; even.
    pub head_dim: usize,
    /// Entries of the vocabulary.
    pub vocab: usize,
    /// Longest context in tokens.
    pub context: usize,
    /// Added to the mean square before the root in every norm.
    pub norm_eps: f32,
    /// Rotary position embedding.
    pub rope: Rope,
    /// Whether the output matrix is the embedding.
    pub tied: bool,
    /// Whether queries, keys and values have biases.
    pub qkv_bias: bool,
    /// Whether the attention output has a bias.
    pub output_bias: bool,
    /// Whether the feed-forward part has biases.
    pub mlp_bias: bool,
    /// Whether queries and keys are normalised per head before rotation.
    pub qk_norm: bool,
    /// Sliding window of each layer, in tokens, the query's own included.
    pub windows: Windows,
    /// Experts, in a mixture.
    pub mixture: Option<Mixture>,
}

/// Most bytes of a config.json: the largest that are published have some hundred thousand.
pub(crate) const LARGEST_FILE: u64 = 16 << 20;
/// What a config.json is, for messages.
pub(crate) const WHAT: &str = "config.json of the Hugging Face layout";

/// The bytes of the config.json of a folder.
pub(super) fn bytes(folder: &Path) -> Result<Vec<u8>, LoadError> {
    attune_files::bytes(&folder.join("config.json"), LARGEST_FILE)
        .map_err(|source| LoadError::Io { source, expected: WHAT })
}

impl DecoderConfig {
    /// Input channels of a linear module.
    pub(crate) fn inputs(&self, module: Module) -> usize {
        match module {
            Module::Output => self.heads * self.head_dim,
            Module::Down => self.feed_forward,
            Module::Query | Module::Key | Module::Value | Module::Gate | Module::Up => self.hidden,
        }
    }

    /// Reads and checks `file`. Every key is read, known to be without effect, or refused.
    ///
    /// # Errors
    /// [`LoadError::Io`], [`LoadError::BadJson`] or [`LoadError::BadConfig`].
    pub fn read(file: &Path) -> Result<Self, LoadError> {
        let keys = Keys { file };
        let value = json::read(file)?;
        match value.as_object() {
            Some(object) => Self::check(&Fields::new(keys, "", object)),
            None => Err(keys.bad("model_type", quoted(&value), "an object of keys")),
        }
    }

    fn check(fields: &Fields<'_>) -> Result<Self, LoadError> {
        // First of all: the keys of other families mean other things.
        let family = Family::read(fields)?;
        let defaults = family.defaults();
        match fields.word("hidden_act")? {
            Found::Absent | Found::Is("silu" | "swish") => {}
            Found::Is(other) => return Err(fields.bad("hidden_act", other, "silu")),
            Found::Null => return Err(fields.null("hidden_act", "silu")),
        }
        let hidden = fields.size("hidden_size")?;
        let layers = fields.size("num_hidden_layers")?;
        let (heads, kv_heads) = heads(fields, family)?;
        let context = fields.size("max_position_embeddings")?;
        let attention_bias = match defaults.attention_bias {
            Some(default) => fields.flag_or("attention_bias", default)?,
            None => false,
        };
        let mlp_bias = match defaults.mlp_bias {
            Some(default) => fields.flag_or("mlp_bias", default)?,
            None => false,
        };
        let rope = Rope::read(fields, family, context)?;
        let computed = matches!(rope.scaling, Scaling::Dynamic { .. } | Scaling::Yarn { .. });
        if family == Family::Mixtral && computed && !matches!(fields.whole("head_dim")?, Found::Is(_)) {
            // Its config class leaves the key null, and rotations that need it fail in every version.
            let expected = "a whole number: transformers cannot compute this rotation without it";
            return Err(fields.bad("head_dim", "absent", format!("{expected} (beside `rope_scaling`)")));
        }
        let config = Self {
            family,
            hidden,
            feed_forward: fields.size("intermediate_size")?,
            layers,
            heads,
            kv_heads,
            head_dim: head_dim(fields, family, hidden, heads)?,
            vocab: fields.size("vocab_size")?,
            context,
            norm_eps: norm_eps(fields, defaults.rms_norm_eps)? as f32,
            rope,
            tied: fields.flag_or("tie_word_embeddings", defaults.tie_word_embeddings)?,
            qkv_bias: family == Family::Qwen2 || attention_bias,
            output_bias: attention_bias,
            mlp_bias,
            qk_norm: family == Family::Qwen3,
            windows: Windows::read(fields, family, layers)?,
            mixture: mixture(fields, family)?,
        };
        ignored::nothing_is_overlooked(fields, config.vocab)?;
        Ok(config)
    }
}

fn heads(fields: &Fields<'_>, family: Family) -> Result<(usize, usize), LoadError> {
    let heads = fields.size("num_attention_heads")?;
    let default = family.defaults().num_key_value_heads;
    let kv_heads = match fields.whole("num_key_value_heads")? {
        // Mistral and Mixtral have a default that is no null, and versions differ in what a null is then.
        Found::Null if !matches!(family, Family::Mistral | Family::Mixtral) => heads,
        _ => fields.size_or("num_key_value_heads", default.or(Some(heads)))?,
    };
    if heads % kv_heads != 0 {
        return Err(fields.bad("num_key_value_heads", kv_heads, format!("a divisor of the {heads} heads")));
    }
    Ok((heads, kv_heads))
}

fn head_dim(fields: &Fields<'_>, family: Family, hidden: usize, heads: usize) -> Result<usize, LoadError> {
    // Llama wants it whatever `head_dim` is.
    let divides = hidden.is_multiple_of(heads);
    if family == Family::Llama && !divides {
        return Err(fields.bad("hidden_size", hidden, format!("a multiple of the {heads} heads")));
    }
    let head_dim = match fields.whole("head_dim")? {
        Found::Null if matches!(family, Family::Qwen2 | Family::Qwen3) => {
            return Err(fields.null("head_dim", "a whole number"));
        }
        Found::Is(_) => fields.size("head_dim")?,
        Found::Absent | Found::Null => match family.defaults().head_dim {
            Some(default) => default,
            None if divides => hidden / heads,
            None => {
                let expected = format!("a multiple of the {heads} heads, or `head_dim`");
                return Err(fields.bad("hidden_size", hidden, expected));
            }
        },
    };
    if head_dim % 2 != 0 {
        return Err(fields.bad("head_dim", head_dim, "an even number: rotary embedding turns pairs"));
    }
    Ok(head_dim)
}

fn norm_eps(fields: &Fields<'_>, default: f64) -> Result<f64, LoadError> {
    match fields.real("rms_norm_eps")? {
        Found::Absent => Ok(default),
        // Newer versions of transformers want a decimal point.
        Found::Is(value) if fields.whole("rms_norm_eps").is_ok() => {
            Err(fields.bad("rms_norm_eps", value, "a number with a decimal point"))
        }
        Found::Is(value) if value >= 0.0 => Ok(value),
        Found::Is(value) => Err(fields.bad("rms_norm_eps", value, "a number that is not negative")),
        Found::Null => Err(fields.null("rms_norm_eps", "a number")),
    }
}

fn mixture(fields: &Fields<'_>, family: Family) -> Result<Option<Mixture>, LoadError> {
    let defaults = family.defaults();
    let (Some(experts), Some(per_token)) = (defaults.num_local_experts, defaults.num_experts_per_tok) else {
        return Ok(None);
    };
    let experts = fields.size_or("num_local_experts", Some(experts))?;
    let per_token = fields.size_or("num_experts_per_tok", Some(per_token))?;
    if per_token > experts {
        return Err(fields.bad("num_experts_per_tok", per_token, format!("at most the {experts} experts")));
    }
    Ok(Some(Mixture { experts, per_token }))
}
