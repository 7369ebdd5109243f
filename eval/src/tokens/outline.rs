//! What can be told about a tokenizer.json before the tokenizer library reads it.

use std::path::Path;

use attune_files::ReadError;
use serde::Deserialize;
use serde_json::Value;

use crate::error::TaskError;

/// The parts of the file that are small.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Outline {
    normalizer: Option<Value>,
    model: Option<Present>,
    /// In tokenizer_config.json and nowhere else.
    tokenizer_class: Option<String>,
}

/// Bytes that a normalizer may make of one: what is known makes three, some of it several times.
const MOST_GROWTH: f64 = 4096.0;

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
    let Some(normalizer) = &outline.normalizer else { return Ok(()) };
    normalizers(normalizer)?;
    let growth = growth(normalizer);
    if growth > MOST_GROWTH {
        return Err(format!(
            "its normalizer makes up to {growth:.0} bytes of one byte of text, more than {MOST_GROWTH:.0}"
        ));
    }
    Ok(())
}

/// How much longer a text becomes at most where replacements follow each other.
fn growth(value: &Value) -> f64 {
    match value {
        Value::Array(parts) => parts.iter().map(growth).product(),
        Value::Object(parts) => {
            let content = parts.get("content").and_then(Value::as_str).map_or(0, str::len);
            let pattern =
                parts.get("pattern").and_then(|pattern| pattern.get("String")).and_then(Value::as_str);
            // A pattern of another kind may match a single byte, or nothing.
            let replaced = pattern.map_or(1.0, |pattern| pattern.len().max(1) as f64);
            (content as f64 / replaced).max(1.0) * parts.values().map(growth).product::<f64>()
        }
        _ => 1.0,
    }
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
    fn replacements_that_multiply_a_text_are_refused() {
        let with = |replacements: &str, times: usize| {
            let all = vec![replacements; times].join(", ");
            let normalizer = format!(r#"{{"type": "Sequence", "normalizers": [{all}]}}"#);
            check(format!(r#"{{"normalizer": {normalizer}, "model": {{}}}}"#).as_bytes())
        };
        let usual = r#"{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}"#;
        assert_eq!(with(usual, 4), Ok(()));
        let shorter = r#"{"type": "Replace", "pattern": {"String": "``"}, "content": "\""}"#;
        assert_eq!(with(shorter, 100), Ok(()));
        for pattern in [r#"{"String": "e"}"#, r#"{"Regex": "e*"}"#] {
            let many =
                format!(r#"{{"type": "Replace", "pattern": {pattern}, "content": "{}"}}"#, "e".repeat(50));
            assert_eq!(with(&many, 1), Ok(()));
            assert!(with(&many, 6).unwrap_err().contains("bytes of one byte"));
        }
        assert!(check(b"null").unwrap_err().contains("expected an object"));
    }

    #[test]
    fn the_length_that_a_charsmap_announces() {
        // 0x00000104 bytes.
        assert_eq!(trie_bytes("BAEAAA=="), Some(0x104));
        assert_eq!(trie_bytes("/////w=="), Some(0xFFFF_FFFF));
        assert_eq!(trie_bytes("BAE"), None);
        assert_eq!(trie_bytes("????????"), None);
    }
}
