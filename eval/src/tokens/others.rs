//! Tokens that stand in other files than tokenizer.json. transformers adds them to the tokenizer, so that a text in which
//! one of them occurs is cut in another way than tokenizer.json alone says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use attune_core::evaluator::Split;
use attune_core::printable::quoted;
use serde_json::Value;
use tokenizers::Tokenizer;

use crate::error::TaskError;

/// Bytes of the largest of these files.
const LARGEST: u64 = 64 << 20;
const SETTINGS: &str = "tokenizer_config.json";
const ADDED: &str = "added_tokens.json";

/// A token that tokenizer.json does not have.
#[derive(Debug)]
pub(super) struct OtherToken {
    file: PathBuf,
    pub(super) text: String,
}

impl OtherToken {
    /// A text in which it occurs is refused.
    pub(super) fn refusal(&self, tokenizer: &Path, split: &Split) -> TaskError {
        let name = tokenizer.file_name().unwrap_or_default().display();
        TaskError::BadText {
            file: self.file.clone(),
            place: None,
            found: format!(
                "it makes a token of `{}`, which {name} does not have and the {split} text does, so that programs differ \
                 in how they cut that text",
                quoted(&self.text)
            ),
            remedy: "make one tokenizer of both with transformers: AutoTokenizer.from_pretrained(\"…\").save_pretrained(\"…\")"
                .to_owned(),
        }
    }
}

/// Those of the files beside tokenizer.json. A file that cannot be read adds nothing to any tokenizer.
pub(super) fn beside(file: &Path, tokenizer: &Tokenizer) -> Vec<OtherToken> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let known: BTreeSet<String> =
        tokenizer.get_added_tokens_decoder().into_values().map(|token| token.content).collect();
    let read = |name: &str| {
        let bytes = attune_files::bytes(&folder.join(name), LARGEST).unwrap_or_default();
        serde_json::from_slice::<Value>(&bytes).unwrap_or_default()
    };
    let added = read(ADDED).as_object().map(|tokens| tokens.keys().cloned().collect());
    let listed = [(SETTINGS, settings(&read(SETTINGS))), (ADDED, added.unwrap_or_default())];
    let all = listed.into_iter().flat_map(|(name, tokens)| tokens.into_iter().map(move |text| (name, text)));
    let new = all.filter(|(_, text)| !text.is_empty() && !known.contains(text));
    new.map(|(name, text)| OtherToken { file: folder.join(name), text }).collect()
}

/// What tokenizer_config.json names as tokens.
fn settings(settings: &Value) -> Vec<String> {
    let named = settings.as_object().into_iter().flatten().flat_map(|(key, value)| match key.as_str() {
        "additional_special_tokens" | "extra_special_tokens" | "added_tokens_decoder" => inside(value),
        key if key.ends_with("_token") => vec![value],
        _ => Vec::new(),
    });
    // A text, or an object with its properties.
    let text = |value: &Value| value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned);
    named.filter_map(text).collect()
}

/// The values in a list or an object.
fn inside(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(entries) => entries.values().collect(),
        _ => Vec::new(),
    }
}
