//! The file that keys are read from, for messages.

use std::fmt::Display;
use std::path::Path;

use serde_json::Value;

use crate::error::LoadError;

/// Characters of a value that a message quotes.
const QUOTED: usize = 60;

/// Largest size that is believed: products of two of them still fit into 64 bits. What a checkpoint holds is compared
/// with its files before anything of that size is made.
const LARGEST: usize = 1 << 31;

/// The file that keys are read from.
#[derive(Clone, Copy)]
pub(crate) struct Keys<'a> {
    pub(crate) file: &'a Path,
}

impl Keys<'_> {
    pub(crate) fn bad(&self, key: &str, found: impl Display, expected: impl Into<String>) -> LoadError {
        LoadError::BadConfig {
            file: self.file.to_owned(),
            key: key.to_owned(),
            found: found.to_string(),
            expected: expected.into(),
        }
    }

    pub(crate) fn positive(&self, key: &str, value: Option<usize>) -> Result<usize, LoadError> {
        match value {
            Some(0) => Err(self.bad(key, 0, "at least 1")),
            Some(value) if value > LARGEST => Err(self.bad(key, value, format!("at most {LARGEST}"))),
            Some(value) => Ok(value),
            None => Err(self.bad(key, "absent", "a whole number")),
        }
    }
}

/// A value as a message quotes it: its beginning, on one line.
pub(crate) fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
