//! JSON Lines: one record a line, whose `text` is the text, or whose `messages` are a conversation.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use attune_core::suggest;
use attune_files::ReadError;
use serde_json::{Map, Value};

use super::chat::ChatTemplate;
use crate::error::TaskError;

/// Bytes of the longest line.
const LONGEST: u64 = 64 << 20;
/// Names of fields that a message lists.
const LISTED: usize = 12;

/// The fields that are read, the usual one first.
const TEXT: &str = "text";
const MESSAGES: &str = "messages";

/// A file of records, one a line; empty lines are none.
pub(super) struct JsonLines {
    file: PathBuf,
    model: PathBuf,
    reader: BufReader<File>,
    read: u64,
    line: u64,
    /// What the first record decides.
    field: Option<Field>,
}

enum Field {
    Text,
    Messages(Box<ChatTemplate>),
}

impl JsonLines {
    pub(super) fn new(file: &Path, reader: BufReader<File>, model: &Path) -> Self {
        let (file, model) = (file.to_owned(), model.to_owned());
        Self { file, model, reader, read: 0, line: 0, field: None }
    }

    /// Bytes of the file that have been read.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    pub(super) fn fill(&mut self, text: &mut String, until: usize) -> Result<bool, TaskError> {
        let mut line = Vec::new();
        while text.len() < until {
            line.clear();
            let io = |source| {
                TaskError::unreadable(
                    ReadError::Io { path: self.file.clone(), source },
                    "JSON Lines in UTF-8",
                )
            };
            let bytes = self.reader.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(io)?;
            if bytes == 0 {
                return Ok(false);
            }
            self.line += 1;
            let start = self.read;
            self.read += bytes as u64;
            let line = match std::str::from_utf8(&line) {
                Ok(line) => line.trim(),
                Err(error) => {
                    let byte = start + error.valid_up_to() as u64;
                    let found =
                        format!("0x{:02X} (byte {byte} of the text) is not UTF-8", line[error.valid_up_to()]);
                    return Err(self.bad(found, "convert the file to UTF-8"));
                }
            };
            if !line.is_empty() {
                self.record(line, text)?;
            }
        }
        Ok(true)
    }

    fn record(&mut self, line: &str, text: &mut String) -> Result<(), TaskError> {
        let record: Map<String, Value> = match serde_json::from_str(line) {
            Ok(Value::Object(record)) => record,
            other => {
                let found = match other {
                    // What is wrong, and never the line itself.
                    Err(error) => format!("it is no JSON object ({error})"),
                    Ok(value) => format!("it is {}, expected an object", kind(&value)),
                };
                return Err(self.bad(found, "write one object a line, such as {\"text\": \"…\"}"));
            }
        };
        let field = match self.field.take() {
            Some(field) => field,
            None if record.contains_key(TEXT) => Field::Text,
            None if record.contains_key(MESSAGES) => {
                Field::Messages(Box::new(ChatTemplate::open(&self.model, &self.file)?))
            }
            None => return Err(self.no_field(&record)),
        };
        match &field {
            Field::Text => {
                let Some(Value::String(own)) = record.get(TEXT) else {
                    return Err(self.absent(&record, TEXT, "a string"));
                };
                text.push_str(own);
                text.push('\n');
            }
            Field::Messages(template) => {
                let Some(Value::Array(_)) = record.get(MESSAGES) else {
                    return Err(self.absent(&record, MESSAGES, "a list of {\"role\": …, \"content\": …}"));
                };
                let rendered = template.render(line).map_err(|reason| self.unrendered(template, &reason))?;
                text.push_str(&rendered);
            }
        }
        self.field = Some(field);
        Ok(())
    }

    fn bad(&self, found: String, remedy: &str) -> TaskError {
        TaskError::BadText {
            file: self.file.clone(),
            place: Some(format!("line {}", self.line)),
            found,
            remedy: remedy.to_owned(),
        }
    }

    fn no_field(&self, record: &Map<String, Value>) -> TaskError {
        let names: Vec<&str> = record.keys().map(String::as_str).collect();
        let near = names
            .iter()
            .find(|name| name.eq_ignore_ascii_case(TEXT) || suggest::nearest(TEXT, [**name]).is_some());
        let from = near.or(names.first()).copied().unwrap_or("content");
        let remedy = format!("rename the field that holds the text (such as `jq -c '{{text: .{from}}}'`)");
        self.bad(format!("the record has {}, expected `text` or `messages`", listed(&names)), &remedy)
    }

    fn absent(&self, record: &Map<String, Value>, field: &str, expected: &str) -> TaskError {
        let found = match record.get(field) {
            Some(value) => format!("`{field}` is {}", kind(value)),
            None => format!(
                "the record has no `{field}` as those before it, but {}",
                listed(&record.keys().map(String::as_str).collect::<Vec<_>>())
            ),
        };
        self.bad(format!("{found}, expected {expected}"), "repair the record or leave it out")
    }

    fn unrendered(&self, template: &ChatTemplate, reason: &str) -> TaskError {
        let found = format!("the chat template of {} does not take it: {reason}", template.file().display());
        self.bad(found, "repair the conversation, or render it yourself and give it as `text`")
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        return "no field".to_owned();
    }
    let more = if names.len() > LISTED { ", …" } else { "" };
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{}`", short(name))).collect();
    format!("{}{more}", shown.join(", "))
}

fn short(name: &str) -> String {
    match name.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
