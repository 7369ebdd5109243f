//! The key–value pairs of a GGUF file.

use std::collections::BTreeMap;

use super::GgufError;
use super::cursor::Cursor;

/// Arrays of arrays deeper than this are no metadata of any known model.
const MAX_DEPTH: u32 = 4;

/// One value; numbers of all widths are widened.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Value {
    Unsigned(u64),
    Signed(i64),
    Real(f64),
    Bool(bool),
    Text(String),
    List(Vec<Value>),
}

/// Values by key.
#[derive(Debug)]
pub(in super::super) struct Metadata(BTreeMap<String, Value>);

impl Metadata {
    pub(super) fn read(cursor: &mut Cursor<'_>, pairs: usize) -> Result<Self, GgufError> {
        let pair = |_| {
            let key = cursor.text()?;
            let kind = cursor.u32()?;
            Ok((key, value(cursor, kind, MAX_DEPTH)?))
        };
        Ok(Self((0..pairs).map(pair).collect::<Result<_, GgufError>>()?))
    }

    pub(in super::super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    pub(in super::super) fn unsigned(&self, key: &str) -> Result<usize, GgufError> {
        match self.get(key) {
            Some(Value::Unsigned(value)) => usize::try_from(*value).ok(),
            _ => None,
        }
        .ok_or_else(|| self.error(key, "a whole number"))
    }

    pub(in super::super) fn real(&self, key: &str) -> Result<f64, GgufError> {
        match self.get(key) {
            Some(Value::Real(value)) if value.is_finite() => Ok(*value),
            _ => Err(self.error(key, "a finite real number")),
        }
    }

    pub(in super::super) fn text(&self, key: &str) -> Result<&str, GgufError> {
        match self.get(key) {
            Some(Value::Text(value)) => Ok(value),
            _ => Err(self.error(key, "a text")),
        }
    }

    pub(in super::super) fn list(&self, key: &str) -> Result<&[Value], GgufError> {
        match self.get(key) {
            Some(Value::List(values)) => Ok(values),
            _ => Err(self.error(key, "an array")),
        }
    }

    pub(in super::super) fn texts<'a>(&'a self, key: &str) -> Result<Vec<&'a str>, GgufError> {
        let text = |value: &'a Value| match value {
            Value::Text(text) => Ok(text.as_str()),
            _ => Err(self.error(key, "an array of texts")),
        };
        self.list(key)?.iter().map(text).collect()
    }

    pub(in super::super) fn error(&self, key: &str, expected: &'static str) -> GgufError {
        let found = match self.get(key) {
            None => "nothing".to_owned(),
            Some(Value::List(values)) => format!("an array of {}", values.len()),
            Some(value) => format!("{value:?}"),
        };
        GgufError::Metadata { key: key.to_owned(), found, expected }
    }
}

/// Reads a value of the type with the code `kind`.
fn value(cursor: &mut Cursor<'_>, kind: u32, depth: u32) -> Result<Value, GgufError> {
    Ok(match kind {
        0 => Value::Unsigned(u8::from_le_bytes(cursor.array()?).into()),
        1 => Value::Signed(i8::from_le_bytes(cursor.array()?).into()),
        2 => Value::Unsigned(u16::from_le_bytes(cursor.array()?).into()),
        3 => Value::Signed(i16::from_le_bytes(cursor.array()?).into()),
        4 => Value::Unsigned(u32::from_le_bytes(cursor.array()?).into()),
        5 => Value::Signed(i32::from_le_bytes(cursor.array()?).into()),
        6 => Value::Real(widen(f32::from_le_bytes(cursor.array()?))),
        7 => Value::Bool(u8::from_le_bytes(cursor.array()?) != 0),
        8 => Value::Text(cursor.text()?),
        9 if depth > 0 => {
            let kind = cursor.u32()?;
            let count = cursor.count("the length of an array")?;
            Value::List((0..count).map(|_| value(cursor, kind, depth - 1)).collect::<Result<_, _>>()?)
        }
        10 => Value::Unsigned(u64::from_le_bytes(cursor.array()?)),
        11 => Value::Signed(i64::from_le_bytes(cursor.array()?)),
        12 => Value::Real(f64::from_le_bytes(cursor.array()?)),
        other => return Err(cursor.error(format!("type {other}"), "a metadata type from 0 to 12")),
    })
}

/// The decimal number that was meant: 1e-5 was stored as a float32, and is 1e-5 again.
fn widen(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}
