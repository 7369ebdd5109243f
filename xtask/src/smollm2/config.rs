//! config.json, from the metadata of a GGUF file of architecture `llama`.

use serde::Serialize;

use super::gguf::{Gguf, GgufError};
use super::{FetchError, GGUF};

/// config.json of a `LlamaForCausalLM`.
#[derive(Serialize)]
pub(super) struct Config {
    architectures: [&'static str; 1],
    model_type: &'static str,
    pub(super) vocab_size: usize,
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) num_key_value_heads: usize,
    pub(super) head_dim: usize,
    hidden_act: &'static str,
    pub(super) max_position_embeddings: usize,
    rms_norm_eps: f64,
    rope_theta: f64,
    attention_bias: bool,
    mlp_bias: bool,
    tie_word_embeddings: bool,
    bos_token_id: usize,
    eos_token_id: usize,
    torch_dtype: &'static str,
}

impl Config {
    pub(super) fn new(gguf: &Gguf<'_>) -> Result<Self, FetchError> {
        read(gguf).map_err(|problem| FetchError::bad(GGUF, &problem))
    }
}

fn read(gguf: &Gguf<'_>) -> Result<Config, GgufError> {
    let metadata = &gguf.metadata;
    if metadata.text("general.architecture")? != "llama" {
        return Err(metadata.error("general.architecture", "\"llama\""));
    }
    let head_dim = metadata.unsigned("llama.rope.dimension_count")?;
    if head_dim == 0 || head_dim % 2 == 1 {
        return Err(metadata.error("llama.rope.dimension_count", "an even number of channels per head"));
    }
    Ok(Config {
        architectures: ["LlamaForCausalLM"],
        model_type: "llama",
        vocab_size: metadata.unsigned("llama.vocab_size")?,
        hidden_size: metadata.unsigned("llama.embedding_length")?,
        intermediate_size: metadata.unsigned("llama.feed_forward_length")?,
        num_hidden_layers: metadata.unsigned("llama.block_count")?,
        num_attention_heads: metadata.unsigned("llama.attention.head_count")?,
        num_key_value_heads: metadata.unsigned("llama.attention.head_count_kv")?,
        head_dim,
        hidden_act: "silu",
        max_position_embeddings: metadata.unsigned("llama.context_length")?,
        rms_norm_eps: metadata.real("llama.attention.layer_norm_rms_epsilon")?,
        rope_theta: metadata.real("llama.rope.freq_base")?,
        attention_bias: false,
        mlp_bias: false,
        // A file with an output matrix of its own is refused by name when its tensors are renamed.
        tie_word_embeddings: true,
        bos_token_id: metadata.unsigned("tokenizer.ggml.bos_token_id")?,
        eos_token_id: metadata.unsigned("tokenizer.ggml.eos_token_id")?,
        torch_dtype: "float32",
    })
}
