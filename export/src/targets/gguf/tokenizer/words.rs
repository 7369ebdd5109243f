//! How texts are cut into words: the ways that llama.cpp knows by name.

use attune_core::exporter::ExportError;
use serde_json::{Value, json};

use super::FILE;
use super::file::{TokenizerFile, steps};
use crate::checkpoint::bad;

/// Llama 3's words: up to three digits together.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen 2's: every digit by itself.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Those of Mistral's Tekken: words end where lower case does.
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// What is cut before bytes are.
enum Cut {
    /// Nothing: GPT-2's words.
    Words,
    /// Digits, then the same.
    Digits,
    /// By an expression.
    By(String),
}

/// llama.cpp's name for the way a tokenizer with bytes cuts, merges included or ignored for whole words.
pub(super) fn name(file: &TokenizerFile) -> Result<&'static str, ExportError> {
    let whole = file.model.ignore_merges;
    let name = match cut(&file.pre_tokenizer) {
        Some(Cut::Words) if !whole => Some("gpt-2"),
        Some(Cut::Digits) if !whole => Some("smollm"),
        Some(Cut::By(expression)) => match (expression.as_str(), whole) {
            (LLAMA3, true) => Some("llama-bpe"),
            (LLAMA3, false) => Some("smaug-bpe"),
            (QWEN2, false) => Some("qwen2"),
            (TEKKEN, true) => Some("tekken"),
            _ => None,
        },
        _ => None,
    };
    name.ok_or_else(|| {
        let found = format!("`pre_tokenizer` {} with `ignore_merges` {whole}", file.pre_tokenizer);
        let expected = "a way of cutting words that is known to be one of llama.cpp's: gpt-2, smollm, llama-bpe, smaug-bpe, qwen2 \
                        or tekken; use `--to hf` or `--to plan`, and llama.cpp's own converter";
        bad(FILE, found, expected)
    })
}

fn cut(value: &Value) -> Option<Cut> {
    let steps = steps(value, "pretokenizers");
    let (last, before) = steps.split_last()?;
    if last["type"] != "ByteLevel" || last["add_prefix_space"] == json!(true) {
        return None;
    }
    let words = last["use_regex"] != json!(false);
    match before {
        [] if words => Some(Cut::Words),
        [digits] if words && digits["type"] == "Digits" && digits["individual_digits"] == json!(true) => {
            Some(Cut::Digits)
        }
        [split]
            if !words
                && split["type"] == "Split"
                && split["behavior"] == "Isolated"
                && split["invert"] != json!(true) =>
        {
            Some(Cut::By(split["pattern"]["Regex"].as_str()?.to_owned()))
        }
        _ => None,
    }
}
