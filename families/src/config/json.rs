//! JSON files of a model folder: regular, of bounded size, and with every key once.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{LARGEST_FILE, WHAT};
use crate::error::ConfigError;

/// Reads a config.json.
///
/// # Errors
/// [`ConfigError::Io`] or [`ConfigError::BadJson`].
pub fn read(file: &Path) -> Result<Value, ConfigError> {
    read_as(file, LARGEST_FILE, WHAT)
}

/// Reads `file`, of at most `most` bytes, as `what`.
///
/// # Errors
/// As [`read`].
pub fn read_as(file: &Path, most: u64, what: &'static str) -> Result<Value, ConfigError> {
    let bytes =
        attune_files::bytes(file, most).map_err(|source| ConfigError::Io { source, expected: what })?;
    let Once(value) = serde_json::from_slice(&bytes).map_err(|source| ConfigError::BadJson {
        file: file.to_owned(),
        what,
        advice: advice(&bytes),
        source,
    })?;
    Ok(value)
}

/// What a file that is no JSON probably is.
fn advice(bytes: &[u8]) -> &'static str {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    if bytes.is_empty() {
        "the file is empty: download it again"
    } else if bytes.starts_with(b"\xef\xbb\xbf") {
        "it begins with a byte order mark: save it as UTF-8 without one"
    } else if bytes.starts_with(b"version https://git-lfs") {
        "it is a pointer to the file: run `git lfs pull`"
    } else if has(b"NaN") || has(b"Infinity") {
        "JSON has neither NaN nor Infinity: remove that key if the model does not need it"
    } else {
        "download the file again or fix it at that place"
    }
}

/// JSON in which no key of an object is given twice: programs differ in which of the two they take.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Self)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("`{key}` is written twice")));
            }
            let Once(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}
