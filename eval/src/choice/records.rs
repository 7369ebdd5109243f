//! Records of a JSON Lines file, with messages that name the line, what it has and what is expected.

use std::path::{Path, PathBuf};

use attune_core::printable::quoted;
use serde_json::{Map, Value};

use crate::error::TaskError;

/// Bytes of the largest file.
const LARGEST: u64 = 256 << 20;
/// Names of fields that a message lists.
const LISTED: usize = 12;
/// What to do about a record that is not what it should be.
const REPAIR: &str = "repair the record or leave it out";

/// One line of a file.
#[derive(Debug)]
pub(super) struct Record {
    file: PathBuf,
    line: usize,
    fields: Map<String, Value>,
}

/// The records of a file, in its order; empty lines are none.
///
/// # Errors
/// No such file, no UTF-8, a line that is no JSON object, or no record at all.
pub(super) fn read(file: &Path) -> Result<Vec<Record>, TaskError> {
    let bytes = attune_files::bytes(file, LARGEST)
        .map_err(|source| TaskError::unreadable(source, "a JSON Lines file, one object a line"))?;
    let bad = |place: Option<String>, found: String, remedy: &str| TaskError::BadText {
        file: file.to_owned(),
        place,
        found,
        remedy: remedy.to_owned(),
    };
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let found = format!("byte {} is no UTF-8", error.valid_up_to());
        bad(None, found, "convert the file to UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    // Not `lines`: only a line feed ends one, as JSON strings may hold other separators.
    for (number, line) in text.split('\n').enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line_number = number + 1;
        let fields = match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => fields,
            other => {
                let found = match other {
                    // What is wrong, and never the line itself.
                    Err(error) => format!("it is no JSON ({error})"),
                    Ok(value) => format!("it is {}, expected an object", kind(&value)),
                };
                return Err(bad(Some(format!("line {line_number}")), found, "write one object a line"));
            }
        };
        records.push(Record { file: file.to_owned(), line: line_number, fields });
    }
    if records.is_empty() {
        return Err(bad(None, "it has no records".to_owned(), "write one JSON object a line"));
    }
    Ok(records)
}

impl Record {
    /// Where it is, for messages.
    pub(super) fn place(&self) -> String {
        format!("{}, line {}", self.file.display(), self.line)
    }

    /// The error of this record.
    pub(super) fn refuse(&self, found: String) -> TaskError {
        self.refuse_with(found, REPAIR)
    }

    /// The same with what to do about it.
    pub(super) fn refuse_with(&self, found: String, remedy: &str) -> TaskError {
        TaskError::BadText {
            file: self.file.clone(),
            place: Some(format!("line {}", self.line)),
            found,
            remedy: remedy.to_owned(),
        }
    }

    /// A field, if it is there.
    pub(super) fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// The string in a field.
    pub(super) fn text(&self, name: &str) -> Result<&str, TaskError> {
        let value = self.filled(name, "a string")?;
        value.as_str().ok_or_else(|| self.refuse(format!("`{name}` is {}, expected a string", kind(value))))
    }

    /// The strings in a field that holds a list of at least one of them, or one string alone.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, TaskError> {
        let expected = "a list of strings";
        let value = self.filled(name, expected)?;
        let list = match value {
            Value::String(text) => return Ok(vec![text]),
            Value::Array(list) if !list.is_empty() => list,
            other => {
                let found = if other.is_array() { "an empty list" } else { kind(other) };
                return Err(self.refuse(format!("`{name}` is {found}, expected {expected}")));
            }
        };
        let text = |(place, text): (usize, &'_ Value)| {
            let found = || format!("`{name}` holds {} at place {place}, expected strings", kind(text));
            if text.is_string() { Ok(()) } else { Err(self.refuse(found())) }
        };
        list.iter().enumerate().try_for_each(text)?;
        Ok(list.iter().filter_map(Value::as_str).collect())
    }

    /// A field with something in it.
    fn filled(&self, name: &str, expected: &str) -> Result<&Value, TaskError> {
        self.fields.get(name).filter(|value| !value.is_null()).ok_or_else(|| {
            self.refuse(format!("the record has {}, expected `{name}`, {expected}", listed(&self.fields)))
        })
    }
}

/// What a JSON value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "a whole number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The names of fields, for a message.
fn listed(fields: &Map<String, Value>) -> String {
    if fields.is_empty() {
        return "no field".to_owned();
    }
    let mut names: Vec<String> =
        fields.keys().take(LISTED).map(|name| format!("`{}`", quoted(name))).collect();
    if fields.len() > LISTED {
        names.push("…".to_owned());
    }
    names.join(", ")
}
