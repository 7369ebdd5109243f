//! Keys of config.json that do not change what the model computes.
//!
//! Every other key is either read or refused: a key that is overlooked is a wrong number without a word.

use std::fmt;

use serde_json::Value;

use super::fields::{Fields, Found};
use super::keys::quoted;
use crate::error::ConfigError;
use crate::schema::{Accepted, Family};

/// Who wrote the file, with what, and where from.
const ORIGIN: [&str; 14] = [
    "_commit_hash",
    "_name_or_path",
    "dtype",
    "is_llama_config",
    "model_max_length",
    "model_name",
    "name_or_path",
    "tokenizer_class",
    "torch_dtype",
    "transformers.js_config",
    "transformers_version",
    "unsloth_fixed",
    "unsloth_version",
    "unsloth_fixed_version",
];

/// What matters while a model is trained: initial weights, dropout, auxiliary losses.
const TRAINING: [&str; 11] = [
    "attention_dropout",
    "embd_pdrop",
    "finetuning_task",
    "hidden_dropout",
    "initializer_range",
    "output_router_logits",
    "resid_pdrop",
    "router_aux_loss_coef",
    "router_jitter_noise",
    "task_specific_params",
    "use_bfloat16",
];

/// How the same numbers are computed or returned.
const EXECUTION: [&str; 18] = [
    "_attn_implementation",
    "_attn_implementation_autoset",
    "_flash_attn_2_enabled",
    "attn_implementation",
    "chunk_size_feed_forward",
    "experts_implementation",
    "gradient_checkpointing",
    "is_decoder",
    "output_attentions",
    "output_hidden_states",
    "pretraining_tp",
    // Read with the weights, whose storage it is about.
    "quantization_config",
    "return_dict",
    "tf_legacy_loss",
    "tie_encoder_decoder",
    "torchscript",
    "use_cache",
    "use_flash_attn",
];

/// Labels of classifiers, which are no language models.
const LABELS: [&str; 4] = ["id2label", "label2id", "num_labels", "problem_type"];

/// Which tokens begin, end and fill a text; nothing of a forward pass depends on them.
const TOKENS: [&str; 6] = [
    "bos_token_id",
    "decoder_start_token_id",
    "eos_token_id",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "sep_token_id",
];

/// How tokens are chosen when text is generated.
const GENERATION: [&str; 27] = [
    "bad_words_ids",
    "begin_suppress_tokens",
    "cache_implementation",
    "diversity_penalty",
    "do_sample",
    "early_stopping",
    "encoder_no_repeat_ngram_size",
    "exponential_decay_length_penalty",
    "length_penalty",
    "max_length",
    "max_new_tokens",
    "min_length",
    "min_p",
    "no_repeat_ngram_size",
    "num_beam_groups",
    "num_beams",
    "num_return_sequences",
    "output_scores",
    "prefix",
    "remove_invalid_values",
    "repetition_penalty",
    "return_dict_in_generate",
    "suppress_tokens",
    "temperature",
    "top_k",
    "top_p",
    "typical_p",
];

/// Switches that are off in these families. On, they ask for something that is not computed here.
const OFF: [&str; 9] = [
    "add_cross_attention",
    "attention_bias",
    "cross_attention_hidden_size",
    "is_encoder_decoder",
    "mlp_bias",
    "pruned_heads",
    "rope_interleaved",
    "sliding_window",
    "use_mrope",
];

/// Refuses whatever has not been read and is not known to be without effect.
pub(super) fn nothing_is_overlooked(
    fields: &Fields<'_>,
    family: &Family,
    vocab: usize,
) -> Result<(), ConfigError> {
    for &(key, accepted) in family.needed {
        let found = match fields.raw(key) {
            Found::Is(value) if accepted.is(value) => continue,
            Found::Null if accepted == Accepted::Null => continue,
            Found::Is(value) => quoted(value),
            Found::Null => "null".to_owned(),
            Found::Absent => "absent".to_owned(),
        };
        let expected = format!("{accepted}: nothing else is computed here for a {}", family.name);
        return Err(fields.bad(key, found, expected));
    }
    for (key, value) in fields.unread() {
        let key = key.as_str();
        // Null asks for nothing; the keys for which it differs from an absent one are read.
        let only = family.only.iter().find(|(only, _)| *only == key);
        if let Some((_, accepted)) = only
            && !value.is_null()
        {
            if accepted.is(value) {
                continue;
            }
            let expected = format!("{accepted}: nothing else is computed here for a {}", family.name);
            return Err(fields.bad(key, quoted(value), expected));
        }
        let harmless = value.is_null()
            || family.ignored.contains(&key)
            || [&ORIGIN[..], &TRAINING, &EXECUTION, &LABELS, &TOKENS, &GENERATION]
                .iter()
                .any(|list| list.contains(&key));
        if harmless
            || (OFF.contains(&key) && is_off(value))
            || (key == "pad_token_id" && is_token(value, vocab))
        {
            continue;
        }
        return Err(fields.bad(key, quoted(value), why(key)));
    }
    Ok(())
}

impl Accepted {
    /// Whether a value is the accepted one.
    fn is(self, value: &Value) -> bool {
        match self {
            Self::Flag(flag) => value.as_bool() == Some(flag),
            Self::Number(number) => value.as_f64() == Some(number),
            Self::Word(word) => value.as_str() == Some(word),
            Self::ListOf(words) => value.as_array().is_some_and(|list| {
                list.iter().all(|entry| entry.as_str().is_some_and(|word| words.contains(&word)))
            }),
            Self::Null => value.is_null(),
        }
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
            Self::ListOf(words) => write!(f, "a list of {}", words.join(" or ")),
            Self::Null => f.write_str("null"),
        }
    }
}

fn is_off(value: &Value) -> bool {
    match value {
        Value::Bool(false) => true,
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

/// Its embedding is an ordinary one, but it has to have one: counted from the end where the number is negative.
fn is_token(value: &Value, vocab: usize) -> bool {
    let vocab = i64::try_from(vocab).unwrap_or(i64::MAX);
    value.as_i64().is_some_and(|token| (-vocab..vocab).contains(&token))
}

fn why(key: &str) -> &'static str {
    match key {
        "quantization" | "compression_config" => {
            "no such key: weights in few bits are not read; dequantise the model first, or take the folder that it was made of"
        }
        "text_config" => "no such key: this is a model of several parts; save its language model by itself",
        key if OFF.contains(&key) => "no such key, or false: models of this family do not have it",
        "pad_token_id" => "a token of the vocabulary, or null",
        _ => {
            "no such key: it is unknown here, and it may change what the model computes; remove it from a copy of the file if it does not"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_in_two_lists() {
        let lists = [&ORIGIN[..], &TRAINING, &EXECUTION, &LABELS, &TOKENS, &GENERATION, &OFF];
        let all: Vec<&str> = lists.into_iter().flatten().copied().collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len());
    }
}
