//! Byte-pair encoding of bytes (GPT-2, Llama 3, Qwen, SmolLM).

use attune_core::exporter::ExportError;

use super::super::container::Value;
use super::file::{TokenizerFile, Tokens, steps};
use super::{Body, FILE, words};
use crate::checkpoint::bad;

pub(super) fn body(file: &TokenizerFile, tokens: &Tokens) -> Result<Body, ExportError> {
    let words = words::name(file)?;
    let mut notes = Vec::new();
    for step in steps(&file.normalizer, "normalizers") {
        if step["type"] != "NFC" {
            let expected =
                "none, or NFC: llama.cpp does not change a text before it cuts it; use `--to plan`";
            return Err(bad(FILE, format!("`normalizer` {step}"), expected));
        }
        notes.push(
            "llama.cpp does not put texts into the normal form NFC, which most texts are in".to_owned(),
        );
    }
    // Spaces within a token have a letter of their own in bytes; a file from elsewhere may hold them as they are.
    let part = |part: &str| part.replace(' ', "\u{120}");
    let merges = file.merges()?.into_iter().map(|[left, right]| format!("{} {}", part(left), part(right)));
    let classes = tokens.classes.iter().map(|&class| class as i32);
    let keys = vec![
        ("ggml.tokens", Value::Texts(tokens.texts.clone())),
        ("ggml.token_type", Value::I32s(classes.collect())),
        ("ggml.merges", Value::Texts(merges.collect())),
    ];
    Ok(Body { model: "gpt2", words, keys, notes })
}
