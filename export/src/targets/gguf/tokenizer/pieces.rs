//! Byte-pair encoding of characters with bytes for those that are none of the vocabulary's: SentencePiece's tokenizers (Llama 1 and
//! 2, Mistral, Gemma).
//!
//! llama.cpp merges the pair of neighbours whose union has the best score, and tokenizer.json lists pairs in order: both are the
//! same where every pair that makes a token is listed, and those that make the same token stand together. Scores are the negative
//! places of tokens in that order.

use std::collections::HashMap;

use attune_core::exporter::ExportError;
use serde_json::json;

use super::super::container::Value;
use super::file::{TokenizerFile, Tokens, steps};
use super::{Body, Class, FILE};
use crate::checkpoint::bad;

/// What spaces are called.
const SPACE: &str = "\u{2581}";
/// The score of tokens that no pair makes.
const LAST: f32 = -1e6;

pub(super) fn body(file: &TokenizerFile, tokens: &Tokens) -> Result<Body, ExportError> {
    if !file.model.byte_fallback {
        let found = "a tokenizer of characters without `byte_fallback`";
        return Err(bad(
            FILE,
            found,
            "bytes for characters that are no tokens, as llama.cpp has them; use `--to plan`",
        ));
    }
    let prefix = prefix(file)?;
    let order = order(file, tokens)?;
    let unknown = file.model.unk_token.as_deref();
    let mut texts = tokens.texts.clone();
    let mut classes = tokens.classes.clone();
    let mut scores = vec![LAST; texts.len()];
    for ((text, class), score) in texts.iter_mut().zip(&mut classes).zip(&mut scores) {
        if unknown == Some(text.as_str()) {
            *class = Class::Unknown;
        } else if *class == Class::Normal && is_byte(text) {
            *class = Class::Byte;
        } else if *class == Class::UserDefined {
            *text = text.replace(SPACE, " ");
        }
        if let Some(&place) = order.get(text.as_str()) {
            *score = -(place as f32);
        }
    }
    let classes = classes.into_iter().map(|class| class as i32);
    let keys = vec![
        ("ggml.tokens", Value::Texts(texts)),
        ("ggml.scores", Value::F32s(scores)),
        ("ggml.token_type", Value::I32s(classes.collect())),
        ("ggml.add_space_prefix", Value::Bool(prefix)),
    ];
    Ok(Body { model: "llama", words: "default", keys, notes: Vec::new() })
}

/// Whether a text gets a space before it; spaces have to become the letter for them, and nothing else may change.
fn prefix(file: &TokenizerFile) -> Result<bool, ExportError> {
    let (mut prefix, mut spaces) = (false, false);
    let steps =
        steps(&file.normalizer, "normalizers").into_iter().chain(steps(&file.pre_tokenizer, "pretokenizers"));
    for step in steps {
        match step["type"].as_str() {
            Some("Prepend") if step["prepend"] == SPACE => prefix = true,
            Some("Replace") if step["pattern"]["String"] == " " && step["content"] == SPACE => spaces = true,
            Some("Metaspace") if step["replacement"] == SPACE && step["split"] == json!(false) => {
                (prefix, spaces) = (step["prepend_scheme"] != "never", true);
            }
            // Spaces are letters by then, so this cuts nothing.
            Some("Split") if step["pattern"]["String"] == " " && spaces => {}
            _ => {
                let expected = format!(
                    "spaces that become `{SPACE}`, with or without one before a text; use `--to plan`"
                );
                return Err(bad(FILE, format!("the step {step}"), expected));
            }
        }
    }
    if spaces {
        Ok(prefix)
    } else {
        Err(bad(FILE, "spaces that stay spaces", format!("`{SPACE}` in their place")))
    }
}

/// The place of each token that pairs make.
fn order(file: &TokenizerFile, tokens: &Tokens) -> Result<HashMap<String, usize>, ExportError> {
    let refuse = |found: String| {
        let expected =
            "merges that go by the pieces that they make, as llama.cpp's tokenizer does; use `--to plan`";
        Err(bad(FILE, found, expected))
    };
    let merges = file.merges()?;
    let mut order: HashMap<String, usize> = HashMap::new();
    let mut pairs: HashMap<String, Vec<usize>> = HashMap::new();
    let mut before: Option<String> = None;
    for [left, right] in &merges {
        let made = format!("{left}{right}");
        if before.as_ref() != Some(&made) && order.contains_key(&made) {
            return refuse(format!("pairs that make `{made}` apart from each other"));
        }
        let place = order.len();
        order.entry(made.clone()).or_insert(place);
        pairs.entry(made.clone()).or_default().push(left.len());
        before = Some(made);
    }
    let vocabulary = file.vocabulary()?;
    let mergeable = |text: &str| {
        vocabulary
            .get(text)
            .is_some_and(|&number| tokens.classes.get(number) == Some(&Class::Normal) && !is_byte(text))
    };
    for (number, text) in tokens.texts.iter().enumerate() {
        if tokens.classes[number] != Class::Normal || is_byte(text) {
            continue;
        }
        let listed = pairs.get(text);
        for (at, _) in text.char_indices().skip(1) {
            let (left, right) = text.split_at(at);
            if mergeable(left) && mergeable(right) && !listed.is_some_and(|listed| listed.contains(&at)) {
                return refuse(format!("`{left}` and `{right}` do not make the token `{text}`"));
            }
        }
    }
    Ok(order)
}

/// Whether a token is a byte: `<0x0A>`.
fn is_byte(text: &str) -> bool {
    let digits = text.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
    digits.is_some_and(|digits| digits.len() == 2 && u8::from_str_radix(digits, 16).is_ok())
}
