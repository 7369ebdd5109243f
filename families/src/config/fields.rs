//! A JSON object whose keys are ticked off as they are read, so that none is overlooked.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Display;

use serde_json::{Map, Value};

use super::keys::{Keys, quoted};
use crate::error::ConfigError;

/// What is at a key. Absent and null are different things: in some families a window is 4096 tokens when its key is
/// absent, and there is none when it is null.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Found<T> {
    Absent,
    Null,
    Is(T),
}

impl<T> Found<T> {
    /// The value, if there is one.
    pub(super) fn value(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }
}

/// An object of config.json.
pub(super) struct Fields<'a> {
    keys: Keys<'a>,
    /// The key that the object is the value of; empty for the file itself.
    within: &'static str,
    object: &'a Map<String, Value>,
    read: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(keys: Keys<'a>, within: &'static str, object: &'a Map<String, Value>) -> Self {
        Self { keys, within, object, read: RefCell::default() }
    }

    /// A complaint about `key`.
    pub(super) fn bad(&self, key: &str, found: impl Display, expected: impl Into<String>) -> ConfigError {
        self.keys.bad(&self.path(key), found, expected)
    }

    fn path(&self, key: &str) -> String {
        if self.within.is_empty() { key.to_owned() } else { format!("{}.{key}", self.within) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.object.is_empty()
    }

    /// The value at a key, which counts as read from now on.
    pub(super) fn raw(&self, key: &'static str) -> Found<&'a Value> {
        self.read.borrow_mut().insert(key);
        match self.object.get(key) {
            None => Found::Absent,
            Some(Value::Null) => Found::Null,
            Some(value) => Found::Is(value),
        }
    }

    fn typed<T>(
        &self,
        key: &'static str,
        expected: &str,
        convert: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Found<T>, ConfigError> {
        Ok(match self.raw(key) {
            Found::Absent => Found::Absent,
            Found::Null => Found::Null,
            Found::Is(value) => {
                Found::Is(convert(value).ok_or_else(|| self.bad(key, quoted(value), expected))?)
            }
        })
    }

    pub(super) fn whole(&self, key: &'static str) -> Result<Found<usize>, ConfigError> {
        self.typed(key, "a whole number", |value| value.as_u64()?.try_into().ok())
    }

    pub(super) fn real(&self, key: &'static str) -> Result<Found<f64>, ConfigError> {
        self.typed(key, "a number", Value::as_f64)
    }

    pub(super) fn flag(&self, key: &'static str) -> Result<Found<bool>, ConfigError> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub(super) fn word(&self, key: &'static str) -> Result<Found<&'a str>, ConfigError> {
        self.typed(key, "a text", Value::as_str)
    }

    pub(super) fn words(&self, key: &'static str) -> Result<Found<Vec<&'a str>>, ConfigError> {
        self.typed(key, "a list of texts", |value| value.as_array()?.iter().map(Value::as_str).collect())
    }

    pub(super) fn wholes(&self, key: &'static str) -> Result<Found<Vec<usize>>, ConfigError> {
        let whole = |value: &Value| value.as_u64()?.try_into().ok();
        self.typed(key, "a list of whole numbers", |value| value.as_array()?.iter().map(whole).collect())
    }

    pub(super) fn reals(&self, key: &'static str) -> Result<Found<Vec<f64>>, ConfigError> {
        self.typed(key, "a list of numbers", |value| value.as_array()?.iter().map(Value::as_f64).collect())
    }

    pub(super) fn object(&self, key: &'static str) -> Result<Found<Fields<'a>>, ConfigError> {
        let object = self.typed(key, "an object", Value::as_object)?;
        Ok(match object {
            Found::Absent => Found::Absent,
            Found::Null => Found::Null,
            Found::Is(object) => Found::Is(Fields::new(self.keys, key, object)),
        })
    }

    /// A size that has to be there.
    pub(super) fn size(&self, key: &'static str) -> Result<usize, ConfigError> {
        self.size_or(key, None)
    }

    /// A size with a default for an absent key.
    pub(super) fn size_or(&self, key: &'static str, default: Option<usize>) -> Result<usize, ConfigError> {
        let value = match self.whole(key)? {
            Found::Is(value) => Some(value),
            Found::Absent => default,
            Found::Null => return Err(self.null(key, "a whole number")),
        };
        self.keys.positive(&self.path(key), value)
    }

    /// A flag with a default for an absent key.
    pub(super) fn flag_or(&self, key: &'static str, default: bool) -> Result<bool, ConfigError> {
        match self.flag(key)? {
            Found::Is(value) => Ok(value),
            Found::Absent => Ok(default),
            Found::Null => Err(self.null(key, "true or false")),
        }
    }

    /// `null` where it means nothing.
    pub(super) fn null(&self, key: &str, expected: &str) -> ConfigError {
        self.bad(key, "null", format!("{expected}, or no such key"))
    }

    /// The keys that nobody has read, in name order.
    pub(super) fn unread(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        let read = self.read.take();
        self.object.iter().filter(move |(key, _)| !read.contains(key.as_str()))
    }
}
