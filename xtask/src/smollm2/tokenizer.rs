//! tokenizer.json: the byte-level BPE of a GGUF file, in the format of Hugging Face tokenizers.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::config::Config;
use super::gguf::{Gguf, GgufError, Metadata, Value};
use super::{FetchError, GGUF};

/// `token_type` of tokens that never come out of text.
const CONTROL: Value = Value::Signed(3);
const TOKENS: &str = "tokenizer.ggml.tokens";
const TYPES: &str = "tokenizer.ggml.token_type";
const MERGES: &str = "tokenizer.ggml.merges";

/// The content of tokenizer.json.
pub(super) fn tokenizer(gguf: &Gguf<'_>) -> Result<Json, FetchError> {
    build(&gguf.metadata).map_err(|problem| FetchError::bad(GGUF, &problem))
}

fn build(metadata: &Metadata) -> Result<Json, GgufError> {
    // llama.cpp's pre-tokenizer `smollm` is: every digit alone, then the byte-level split of GPT-2.
    for (key, expected, shown) in [
        ("tokenizer.ggml.model", "gpt2", "\"gpt2\" (byte-level BPE)"),
        ("tokenizer.ggml.pre", "smollm", "\"smollm\""),
    ] {
        if metadata.text(key)? != expected {
            return Err(metadata.error(key, shown));
        }
    }
    let tokens = metadata.texts(TOKENS)?;
    let types = metadata.list(TYPES)?;
    if types.len() != tokens.len() {
        return Err(metadata.error(TYPES, "one type per token"));
    }
    let special: Vec<Json> = tokens
        .iter()
        .zip(types)
        .enumerate()
        .filter(|(_, (_, kind))| **kind == CONTROL)
        .map(|(id, (token, _))| {
            json!({
                "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true,
            })
        })
        .collect();
    let merges = metadata
        .texts(MERGES)?
        .into_iter()
        .map(|merge| merge.split_once(' ').ok_or_else(|| metadata.error(MERGES, "pairs of tokens")))
        .collect::<Result<Vec<_>, _>>()?;
    let vocab: BTreeMap<&str, usize> = tokens.iter().enumerate().map(|(id, token)| (*token, id)).collect();
    Ok(json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": special,
        "normalizer": null,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Digits", "individual_digits": true},
                {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
            ],
        },
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": null,
            "continuing_subword_prefix": null,
            "end_of_word_suffix": null,
            "fuse_unk": false,
            "byte_fallback": false,
            "ignore_merges": false,
            "vocab": vocab,
            "merges": merges,
        },
    }))
}

/// The content of tokenizer_config.json: what Transformers needs to know besides.
pub(super) fn tokenizer_config(gguf: &Gguf<'_>, config: &Config) -> Result<Json, FetchError> {
    let metadata = &gguf.metadata;
    let token = |key: &str| -> Result<String, GgufError> {
        let id = metadata.unsigned(key)?;
        let tokens = metadata.texts(TOKENS)?;
        tokens
            .get(id)
            .map(|token| (*token).to_owned())
            .ok_or_else(|| metadata.error(key, "the id of a token"))
    };
    let build = || -> Result<Json, GgufError> {
        Ok(json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": token("tokenizer.ggml.bos_token_id")?,
            "eos_token": token("tokenizer.ggml.eos_token_id")?,
            "model_max_length": config.max_position_embeddings,
            "clean_up_tokenization_spaces": false,
            "chat_template": metadata.text("tokenizer.chat_template")?,
        }))
    };
    build().map_err(|problem| FetchError::bad(GGUF, &problem))
}
