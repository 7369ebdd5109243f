//! What config.json says about a decoder, checked.

use std::path::Path;

use super::raw::RawConfig;
use super::rope::Rope;
use crate::error::LoadError;

/// Families that are computed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama 1 to 3, SmolLM2 and the many that share its layout.
    Llama,
    /// Mistral 7B.
    Mistral,
    /// Qwen2 and Qwen2.5: biased queries, keys and values.
    Qwen2,
    /// Qwen3: normalised queries and keys.
    Qwen3,
    /// Mixtral: a router and experts in place of the feed-forward part.
    Mixtral,
}

impl Family {
    const ALL: [Self; 5] = [Self::Llama, Self::Mistral, Self::Qwen2, Self::Qwen3, Self::Mixtral];

    /// The name in `model_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Mixtral => "mixtral",
        }
    }
}

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
    /// Whether the output matrix is the embedding; `None` leaves it to whether the checkpoint has one.
    pub tied: Option<bool>,
    /// Whether queries, keys and values have biases.
    pub qkv_bias: bool,
    /// Whether the attention output has a bias.
    pub output_bias: bool,
    /// Whether the feed-forward part has biases.
    pub mlp_bias: bool,
    /// Whether queries and keys are normalised per head before rotation.
    pub qk_norm: bool,
    /// Sliding window of each layer, in tokens, the query's own included.
    pub windows: Vec<Option<usize>>,
    /// Experts, in a mixture.
    pub mixture: Option<Mixture>,
}

impl DecoderConfig {
    /// Reads and checks `file`.
    ///
    /// # Errors
    /// [`LoadError::Io`], [`LoadError::BadJson`] or [`LoadError::BadConfig`].
    pub fn read(file: &Path) -> Result<Self, LoadError> {
        let text = std::fs::read(file).map_err(|source| LoadError::Io {
            file: file.to_owned(),
            expected: "config.json of the Hugging Face layout",
            source,
        })?;
        let raw: RawConfig = serde_json::from_slice(&text).map_err(|source| LoadError::BadJson {
            file: file.to_owned(),
            what: "config.json",
            source,
        })?;
        Self::check(&Keys { file }, &raw)
    }

    fn check(keys: &Keys<'_>, raw: &RawConfig) -> Result<Self, LoadError> {
        let family = family(keys, raw)?;
        if let Some(value) = &raw.quantization_config {
            return Err(keys.bad("quantization_config", value, "no such key: dequantise the model first"));
        }
        if let Some(act) = raw.hidden_act.as_deref().filter(|act| *act != "silu") {
            return Err(keys.bad("hidden_act", act, "silu"));
        }
        let hidden = keys.positive("hidden_size", raw.hidden_size)?;
        let layers = keys.positive("num_hidden_layers", raw.num_hidden_layers)?;
        let heads = keys.positive("num_attention_heads", raw.num_attention_heads)?;
        let kv_heads = keys.positive("num_key_value_heads", raw.num_key_value_heads.or(Some(heads)))?;
        if heads % kv_heads != 0 {
            return Err(keys.bad("num_key_value_heads", kv_heads, format!("a divisor of the {heads} heads")));
        }
        let head_dim = match (raw.head_dim, family) {
            (None, Family::Qwen3) => 128,
            (None, _) if hidden % heads != 0 => {
                let expected = format!("a multiple of the {heads} heads, or `head_dim`");
                return Err(keys.bad("hidden_size", hidden, expected));
            }
            (given, _) => keys.positive("head_dim", given.or(Some(hidden / heads)))?,
        };
        if head_dim % 2 != 0 {
            return Err(keys.bad("head_dim", head_dim, "an even number: rotary embedding turns pairs"));
        }
        let context = keys.positive("max_position_embeddings", raw.max_position_embeddings)?;
        let llama_bias = family == Family::Llama && raw.attention_bias.unwrap_or(false);
        let qwen3_bias = family == Family::Qwen3 && raw.attention_bias.unwrap_or(false);
        Ok(Self {
            family,
            hidden,
            feed_forward: keys.positive("intermediate_size", raw.intermediate_size)?,
            layers,
            heads,
            kv_heads,
            head_dim,
            vocab: keys.positive("vocab_size", raw.vocab_size)?,
            context,
            norm_eps: raw.rms_norm_eps.unwrap_or(if family == Family::Mixtral { 1e-5 } else { 1e-6 }) as f32,
            rope: Rope::check(keys, raw, context)?,
            tied: raw.tie_word_embeddings,
            qkv_bias: family == Family::Qwen2 || llama_bias || qwen3_bias,
            output_bias: llama_bias || qwen3_bias,
            mlp_bias: family == Family::Llama && raw.mlp_bias.unwrap_or(false),
            qk_norm: family == Family::Qwen3,
            windows: windows(keys, raw, family, layers)?,
            mixture: mixture(keys, raw, family)?,
        })
    }
}

fn family(keys: &Keys<'_>, raw: &RawConfig) -> Result<Family, LoadError> {
    let known = Family::ALL.map(Family::name).join(", ");
    let name = raw.model_type.as_deref().unwrap_or("absent");
    if name == crate::generator::FAMILY {
        let expected = "a language model: image generators take a task of kind \"images\"";
        return Err(keys.bad("model_type", name, expected));
    }
    let family = Family::ALL
        .into_iter()
        .find(|family| family.name() == name)
        .ok_or_else(|| keys.bad("model_type", name, format!("one of {known}")))?;
    let architectures = raw.architectures.as_deref().unwrap_or_default();
    match architectures.iter().find(|name| !name.ends_with("ForCausalLM")) {
        Some(other) => {
            Err(keys.bad("architectures", other, "a …ForCausalLM: only language models are scored"))
        }
        None => Ok(family),
    }
}

fn mixture(keys: &Keys<'_>, raw: &RawConfig, family: Family) -> Result<Option<Mixture>, LoadError> {
    if family != Family::Mixtral {
        return Ok(None);
    }
    let experts = keys.positive("num_local_experts", raw.num_local_experts)?;
    let per_token = keys.positive("num_experts_per_tok", raw.num_experts_per_tok)?;
    if per_token > experts {
        return Err(keys.bad("num_experts_per_tok", per_token, format!("at most the {experts} experts")));
    }
    Ok(Some(Mixture { experts, per_token }))
}

/// Mistral and Mixtral apply `sliding_window` everywhere; Qwen only when `use_sliding_window` says so, from
/// layer `max_window_layers` on or where `layer_types` says so; Llama never.
fn windows(
    keys: &Keys<'_>,
    raw: &RawConfig,
    family: Family,
    layers: usize,
) -> Result<Vec<Option<usize>>, LoadError> {
    let window = match (family, raw.sliding_window) {
        (Family::Llama, _) => None,
        (Family::Qwen2 | Family::Qwen3, _) if raw.use_sliding_window != Some(true) => None,
        // The defaults of `transformers` for a key that is absent, not null.
        (Family::Mistral | Family::Qwen2 | Family::Qwen3, None) => Some(4096),
        (Family::Mixtral, None) => None,
        (_, Some(window)) => window,
    };
    if window == Some(0) {
        return Err(keys.bad("sliding_window", 0, "at least 1, or null"));
    }
    let Some(window) = window else { return Ok(vec![None; layers]) };
    if matches!(family, Family::Mistral | Family::Mixtral) {
        return Ok(vec![Some(window); layers]);
    }
    match &raw.layer_types {
        None => {
            let first = raw.max_window_layers.unwrap_or(28);
            Ok((0..layers).map(|layer| (layer >= first).then_some(window)).collect())
        }
        Some(types) if types.len() != layers => Err(keys.bad(
            "layer_types",
            format!("{} entries", types.len()),
            format!("{layers}, one per layer"),
        )),
        Some(types) => types
            .iter()
            .map(|kind| match kind.as_str() {
                "full_attention" => Ok(None),
                "sliding_attention" => Ok(Some(window)),
                other => Err(keys.bad("layer_types", other, "full_attention or sliding_attention")),
            })
            .collect(),
    }
}

/// The file that keys are read from, for messages.
pub(crate) struct Keys<'a> {
    pub(crate) file: &'a Path,
}

impl Keys<'_> {
    pub(crate) fn bad(
        &self,
        key: &str,
        found: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> LoadError {
        LoadError::BadConfig {
            file: self.file.to_owned(),
            key: key.to_owned(),
            found: found.to_string(),
            expected: expected.into(),
        }
    }

    pub(crate) fn positive(&self, key: &str, value: Option<usize>) -> Result<usize, LoadError> {
        match value {
            Some(value) if value > 0 => Ok(value),
            Some(_) => Err(self.bad(key, 0, "at least 1")),
            None => Err(self.bad(key, "absent", "a whole number")),
        }
    }
}
