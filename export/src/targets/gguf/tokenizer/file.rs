//! tokenizer.json, as the library `tokenizers` writes it.

use std::collections::{BTreeMap, HashMap};

use attune_core::exporter::{ExportError, ModelFiles};
use serde::Deserialize;
use serde_json::Value;

use super::{Class, FILE};
use crate::checkpoint::{bad, read};

/// The parts that matter here.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct TokenizerFile {
    #[serde(default)]
    added_tokens: Vec<Added>,
    #[serde(default)]
    pub(super) normalizer: Value,
    #[serde(default)]
    pub(super) pre_tokenizer: Value,
    #[serde(default)]
    pub(super) post_processor: Value,
    pub(super) model: Model,
}

/// A token beside the vocabulary, or marked in it.
#[derive(Deserialize)]
pub(super) struct Added {
    pub(super) id: usize,
    pub(super) content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
}

/// How words become tokens.
#[derive(Deserialize)]
pub(super) struct Model {
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    /// A map in byte-pair encoding; other models have other things here.
    #[serde(default)]
    vocab: Value,
    #[serde(default)]
    merges: Vec<Merge>,
    pub(super) unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    pub(super) byte_fallback: bool,
    #[serde(default)]
    pub(super) ignore_merges: bool,
}

/// A pair, in the newer form or the older one with a space between.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Pair([String; 2]),
    Text(String),
}

impl Merge {
    fn pair(&self) -> Option<[&str; 2]> {
        match self {
            Self::Pair([left, right]) => Some([left, right]),
            Self::Text(text) => text.split_once(' ').map(|(left, right)| [left, right]),
        }
    }
}

/// Rows of an embedding that no token has, as many as are believed: models are padded to round numbers.
const MOST_UNUSED: usize = 1 << 16;

/// Every token by its number.
pub(super) struct Tokens {
    pub(super) texts: Vec<String>,
    pub(super) classes: Vec<Class>,
}

impl TokenizerFile {
    pub(super) fn read(files: &dyn ModelFiles) -> Result<Self, ExportError> {
        let bytes = read(files, FILE)?;
        let file: Self = serde_json::from_slice(&bytes).map_err(|error| {
            bad(FILE, error.to_string(), "a tokenizer as the library `tokenizers` writes it")
        })?;
        if file.model.kind != "BPE" {
            let found = format!("a model of type `{}`", file.model.kind);
            return Err(bad(FILE, found, "BPE, which llama.cpp has; use `--to plan`"));
        }
        let affixes = [&file.model.continuing_subword_prefix, &file.model.end_of_word_suffix];
        if affixes.into_iter().flatten().any(|affix| !affix.is_empty()) {
            let expected = "neither, because llama.cpp knows none; use `--to plan`";
            return Err(bad(FILE, "a `continuing_subword_prefix` or an `end_of_word_suffix`", expected));
        }
        Ok(file)
    }

    /// Whether texts are bytes before they are words.
    pub(super) fn has_byte_level(&self) -> bool {
        steps(&self.pre_tokenizer, "pretokenizers").iter().any(|step| step["type"] == "ByteLevel")
    }

    /// The vocabulary of byte-pair encoding.
    pub(super) fn vocabulary(&self) -> Result<HashMap<&str, usize>, ExportError> {
        let refuse = |found: String| bad(FILE, found, "a `vocab` from tokens to their numbers");
        let map = self.model.vocab.as_object().ok_or_else(|| refuse("`model.vocab`".to_owned()))?;
        let number = |(token, number): (&'_ String, &Value)| {
            let number = number.as_u64().and_then(|number| usize::try_from(number).ok());
            number.ok_or_else(|| refuse(format!("`model.vocab` of `{token}`")))
        };
        map.iter().map(|(token, value)| Ok((token.as_str(), number((token, value))?))).collect()
    }

    /// All tokens of a vocabulary of `vocab`; numbers without one are unused.
    pub(super) fn tokens(&self, vocab: usize) -> Result<Tokens, ExportError> {
        let mut found: BTreeMap<usize, (&str, Class)> = BTreeMap::new();
        for (token, number) in self.vocabulary()? {
            found.insert(number, (token, Class::Normal));
        }
        for added in &self.added_tokens {
            let class = if added.special || looks_special(&added.content) {
                Class::Control
            } else {
                Class::UserDefined
            };
            found.insert(added.id, (&added.content, class));
        }
        if let Some((last, _)) = found.last_key_value().filter(|(last, _)| **last >= vocab) {
            let expected = format!("numbers below the {vocab} of `vocab_size` in config.json");
            return Err(bad(FILE, format!("a token with number {last}"), expected));
        }
        if vocab > found.len() + MOST_UNUSED {
            let expected = format!("a vocabulary as large as the {vocab} of `vocab_size` in config.json");
            return Err(bad(FILE, format!("{} tokens", found.len()), expected));
        }
        let of = |number: usize| match found.get(&number) {
            Some((text, class)) => ((*text).to_owned(), *class),
            None => (format!("[PAD{number}]"), Class::Unused),
        };
        let (texts, classes) = (0..vocab).map(of).unzip();
        let tokens = Tokens { texts, classes };
        let mut places = HashMap::new();
        for (number, text) in tokens.texts.iter().enumerate() {
            if let Some(before) = places.insert(text, number) {
                let found = format!("`{text}` is token {before} and {number}");
                return Err(bad(
                    FILE,
                    found,
                    "different tokens, which is all that llama.cpp loads; use `--to plan`",
                ));
            }
        }
        Ok(tokens)
    }

    /// The pairs that are merged, the first ones first.
    pub(super) fn merges(&self) -> Result<Vec<[&str; 2]>, ExportError> {
        let pairs = self.model.merges.iter().map(Merge::pair);
        let pairs: Option<Vec<[&str; 2]>> = pairs.collect();
        pairs.ok_or_else(|| bad(FILE, "a merge without a space", "two tokens"))
    }

    /// The number of a token, added ones first.
    pub(super) fn number(&self, token: &str) -> Option<usize> {
        let added = self.added_tokens.iter().find(|added| added.content == token).map(|added| added.id);
        added.or_else(|| usize::try_from(self.model.vocab.get(token)?.as_u64()?).ok())
    }

    /// Added tokens, in their order.
    pub(super) fn added(&self) -> &[Added] {
        &self.added_tokens
    }

    /// What to know of tokens that take the spaces beside them away.
    pub(super) fn stripping(&self) -> Option<String> {
        let stripping: Vec<&str> = self
            .added_tokens
            .iter()
            .filter(|added| added.lstrip || added.rstrip)
            .map(|added| added.content.as_str())
            .collect();
        let first = stripping.first()?;
        Some(format!(
            "llama.cpp keeps the spaces beside {} tokens that take them away here, of which `{first}` is one",
            stripping.len()
        ))
    }
}

/// The parts of a sequence, or the thing itself.
pub(super) fn steps<'a>(value: &'a Value, list: &str) -> Vec<&'a Value> {
    match &value["type"] {
        Value::String(kind) if kind == "Sequence" => {
            value[list].as_array().map(|steps| steps.iter().collect()).unwrap_or_default()
        }
        Value::Null => Vec::new(),
        _ => vec![value],
    }
}

/// Tokens that are special by their looks, whatever their file says: as llama.cpp's converter has it.
fn looks_special(text: &str) -> bool {
    let within = |start: &str, end: &str| text.starts_with(start) && text.ends_with(end);
    ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(&text)
        || within("<|", "|>")
        || within("<｜", "｜>")
        || within("<unused", ">")
}
