//! The file that keys are read from, for messages.

use std::fmt::Display;
use std::path::Path;

use serde_json::Value;

use crate::error::ConfigError;

/// Characters of a value that a message quotes.
const QUOTED: usize = 60;

/// Largest size that is believed: products of two of them still fit into 64 bits. What a checkpoint holds is compared
/// with its files before anything of that size is made.
const LARGEST: usize = 1 << 31;

/// The file that keys are read from.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// Path of the file, as the message names it.
    pub file: &'a Path,
}

impl Keys<'_> {
    /// A complaint about `key`.
    pub fn bad(&self, key: &str, found: impl Display, expected: impl Into<String>) -> ConfigError {
        ConfigError::BadConfig {
            file: self.file.to_owned(),
            key: key.to_owned(),
            found: found.to_string(),
            expected: expected.into(),
        }
    }

    /// A size that is believed.
    ///
    /// # Errors
    /// It is absent, 0 or larger than anything that is meant.
    pub fn positive(&self, key: &str, value: Option<usize>) -> Result<usize, ConfigError> {
        match value {
            Some(0) => Err(self.bad(key, 0, "at least 1")),
            Some(value) if value > LARGEST => Err(self.bad(key, value, format!("at most {LARGEST}"))),
            Some(value) => Ok(value),
            None => Err(self.bad(key, "absent", "a whole number")),
        }
    }
}

/// A value as a message quotes it: its beginning, on one line.
pub fn quoted(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(QUOTED) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
