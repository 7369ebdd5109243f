//! What can be told about a tokenizer.json before the tokenizer library reads it.

use std::path::Path;

use attune_files::ReadError;
use serde::Deserialize;
use serde_json::Value;

use crate::error::TaskError;

/// The parts of the file that are small.
#[derive(Deserialize)]
struct Outline {
    normalizer: Option<Value>,
    model: Option<Present>,
    /// In tokenizer_config.json and nowhere else.
    tokenizer_class: Option<String>,
}

/// Anything, and nothing is kept of it.
struct Present;

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Refuses, with the reason, what the library would mistake: another file under this name, rules without meaning, tables that
/// announce more than they have (memory for it would be asked for).
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    if bytes.starts_with(b"version https://git-lfs") {
        return Err("it is a pointer to the file: run `git lfs pull`".to_owned());
    }
    let outline: Outline = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if outline.model.is_none() {
        let why = match outline.tokenizer_class {
            Some(_) => {
                "it has no `model`, but a `tokenizer_class`: it is tokenizer_config.json under another name"
            }
            None => "it has no `model`",
        };
        return Err(why.to_owned());
    }
    outline.normalizer.as_ref().map_or(Ok(()), normalizers)
}

/// Checks a tree of normalizers.
fn normalizers(value: &Value) -> Result<(), String> {
    match value {
        Value::Array(parts) => parts.iter().try_for_each(normalizers),
        Value::Object(parts) => {
            let empty = |pattern: &Value| pattern.get("String").is_some_and(|text| text == "");
            if parts.get("pattern").is_some_and(empty) {
                return Err("its normalizer replaces the empty string, which is everywhere".to_owned());
            }
            if let Some(Value::String(coded)) = parts.get("precompiled_charsmap") {
                let (announced, has) = (trie_bytes(coded), coded.len() as u64 * 3 / 4);
                if announced.is_none_or(|announced| announced + 4 > has || announced < 4) {
                    return Err(format!("its `precompiled_charsmap` of {has} bytes is damaged"));
                }
            }
            parts.values().try_for_each(normalizers)
        }
        _ => Ok(()),
    }
}

/// The length that a charsmap begins with: 4 bytes, the first byte first, in base 64.
fn trie_bytes(coded: &str) -> Option<u64> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bits = 0u64;
    for &byte in coded.as_bytes().get(..6)? {
        bits = bits << 6 | u64::from(digit(byte)?);
    }
    // 36 bits, of which the last four belong to the next byte.
    Some(u64::from(((bits >> 4) as u32).swap_bytes()))
}

/// That there is no tokenizer.json, with what there is instead.
pub(super) fn absent(file: &Path, source: ReadError) -> TaskError {
    let folder = file.parent().unwrap_or(Path::new(""));
    if !file.exists()
        && let Some(other) =
            ["tokenizer.model", "vocab.json"].into_iter().find(|name| folder.join(name).exists())
    {
        return TaskError::BadText {
            file: file.to_owned(),
            place: None,
            found: format!("there is no such file, only {other}"),
            remedy: "make one of it with transformers: AutoTokenizer.from_pretrained(\"…\").save_pretrained(\"…\")".to_owned(),
        };
    }
    TaskError::unreadable(source, "tokenizer.json beside the model")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_that_a_charsmap_announces() {
        // 0x00000104 bytes.
        assert_eq!(trie_bytes("BAEAAA=="), Some(0x104));
        assert_eq!(trie_bytes("/////w=="), Some(0xFFFF_FFFF));
        assert_eq!(trie_bytes("BAE"), None);
        assert_eq!(trie_bytes("????????"), None);
    }
}
