//! The token that a text begins with where it has none of its own: the one that begins a sequence, or else ends one.

use std::path::Path;

use serde_json::Value;
use tokenizers::Tokenizer;

/// Bytes of the largest of these files.
const LARGEST: u64 = 64 << 20;
/// Where transformers writes which tokens are special; what an earlier one says counts.
const FILES: [&str; 2] = ["tokenizer_config.json", "special_tokens_map.json"];
const NAMES: [&str; 2] = ["bos_token", "eos_token"];

/// The token, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) id: u32,
    pub(super) text: String,
}

impl Prefix {
    /// By the files beside tokenizer.json. One that cannot be read says nothing.
    pub(super) fn beside(file: &Path, tokenizer: &Tokenizer) -> Option<Self> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let files: Vec<Value> = (FILES.iter())
            .map(|name| attune_files::bytes(&folder.join(name), LARGEST).unwrap_or_default())
            .map(|bytes| serde_json::from_slice(&bytes).unwrap_or_default())
            .collect();
        NAMES.iter().find_map(|name| {
            let said = files.iter().find_map(|file| file.get(name))?;
            // A text, or an object with its properties.
            let text = said.as_str().or_else(|| said.get("content")?.as_str())?;
            let text = Some(text).filter(|text| !text.is_empty())?;
            Some(Self { id: tokenizer.token_to_id(text)?, text: text.to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_beginning_counts_before_the_end_and_the_settings_before_the_map() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokenizer.json");
        let json = r#"{"version": "1.0", "model": {"type": "BPE", "vocab": {"<s>": 0, "</s>": 1, "x": 2}, "merges": []}}"#;
        let tokenizer = Tokenizer::from_bytes(json).unwrap();
        let found = |settings: &str, map: &str| {
            fs::write(folder.path().join(FILES[0]), settings).unwrap();
            fs::write(folder.path().join(FILES[1]), map).unwrap();
            Prefix::beside(&file, &tokenizer).map(|prefix| (prefix.id, prefix.text))
        };
        let token = |id, text: &str| Some((id, text.to_owned()));
        assert_eq!(found(r#"{"bos_token": "<s>", "eos_token": "</s>"}"#, "{}"), token(0, "<s>"));
        assert_eq!(found(r#"{"bos_token": null, "eos_token": {"content": "</s>"}}"#, "{}"), token(1, "</s>"));
        assert_eq!(found("{}", r#"{"bos_token": "<s>"}"#), token(0, "<s>"));
        assert_eq!(found("no JSON", "{}"), None);
        assert_eq!(found(r#"{"bos_token": "<none>"}"#, "{}"), None);
    }
}
