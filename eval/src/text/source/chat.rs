//! Conversations as the model's own chat template writes them.
//!
//! The template runs in the environment that transformers gives it: blocks are trimmed, loops can be left, strings
//! and dictionaries have Python's methods, `tojson` writes what `json.dumps` would, `raise_exception` refuses. It is told
//! no date (`strftime_now` is not defined): a text must not differ from one day to the next.

mod python;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::panics;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};
use serde::Deserialize;
use serde::Serialize as _;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::error::TaskError;

/// Instructions that one conversation may take.
const FUEL: u64 = 2_000_000;
/// Bytes of the largest file that holds a template.
const LARGEST: u64 = 64 << 20;
const NAME: &str = "chat_template";

/// The chat template of a model, compiled.
pub(super) struct ChatTemplate {
    file: PathBuf,
    environment: Environment<'static>,
    /// The tokens that templates name: `bos_token` and others.
    tokens: Vec<(String, String)>,
}

/// The keys of tokenizer_config.json.
type Settings = serde_json::Map<String, serde_json::Value>;

/// What is read of a record.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Record {
    messages: Value,
    #[serde(default)]
    tools: Option<Value>,
    #[serde(default)]
    documents: Option<Value>,
}

impl ChatTemplate {
    /// The template of the model in a folder: chat_template.jinja, else the one in tokenizer_config.json; `asking` is the
    /// file whose conversations need it.
    ///
    /// # Errors
    /// No template, or one that uses what this environment does not have.
    pub(super) fn open(model: &Path, asking: &Path) -> Result<Self, TaskError> {
        let bad = |file: &Path, found: String, remedy: &str| TaskError::BadText {
            file: file.to_owned(),
            place: None,
            found,
            remedy: remedy.to_owned(),
        };
        let render = "render the conversations yourself and give them as `text`";
        let read = |file: &Path| match file.exists() {
            false => Ok(None),
            true => {
                let expected = "the tokenizer's settings or chat template";
                let read = attune_files::bytes(file, LARGEST);
                read.map(Some).map_err(|source| TaskError::unreadable(source, expected))
            }
        };
        let settings = model.join("tokenizer_config.json");
        let config: Settings = match read(&settings)? {
            None => Settings::new(),
            Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                bad(&settings, format!("it cannot be read ({error})"), "download it again")
            })?,
        };
        let own = model.join("chat_template.jinja");
        let (file, template) = match read(&own)? {
            Some(bytes) => {
                let text = String::from_utf8(bytes);
                (own.clone(), text.map_err(|_| bad(&own, "it is not UTF-8".to_owned(), "download it again"))?)
            }
            None => {
                let none = || {
                    let found =
                        format!("its records have `messages`, and {} has no chat template", model.display());
                    bad(asking, found, render)
                };
                (settings, usual(&config).ok_or_else(none)?)
            }
        };
        let compiled = panics::quietly(|| {
            let mut environment = environment()?;
            environment.add_template_owned(NAME, template)?;
            Ok(environment)
        });
        let environment = compiled
            .and_then(|compiled| compiled.map_err(|error: Error| told(&error)))
            .map_err(|reason| bad(&file, format!("its chat template cannot be read: {reason}"), render))?;
        Ok(Self { file, environment, tokens: tokens(&config) })
    }

    /// The file that it stands in.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The text of a conversation, given as a line of JSON with `messages` and, if any, `tools` and `documents`.
    ///
    /// # Errors
    /// Why the template does not take it.
    pub(super) fn render(&self, line: &str) -> Result<String, String> {
        let record: Record = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let given = |value: Option<Value>| value.unwrap_or_else(|| Value::from(()));
        let mut about: BTreeMap<&str, Value> =
            self.tokens.iter().map(|(name, token)| (name.as_str(), Value::from(token.as_str()))).collect();
        about.insert("messages", record.messages);
        about.insert("tools", given(record.tools));
        about.insert("documents", given(record.documents));
        about.insert("add_generation_prompt", Value::from(false));
        let rendered = panics::quietly(|| {
            let template = self.environment.get_template(NAME).map_err(|error| told(&error))?;
            template.render(about).map_err(|error| told(&error))
        });
        rendered.unwrap_or_else(Err)
    }
}

/// What transformers gives to chat templates.
fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_filter("tojson", to_json);
    environment.set_formatter(|output, _, value| match value.as_str() {
        _ if value.is_undefined() => Ok(()),
        Some(text) => output.write_str(text).map_err(Error::from),
        None => output.write_str(&python::repr(value)).map_err(Error::from),
    });
    environment.add_function("raise_exception", |reason: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, reason))
    });
    Ok(environment)
}

/// `json.dumps` without escapes of letters beyond ASCII.
fn to_json(value: Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    options.get::<Option<bool>>("ensure_ascii")?;
    options.assert_all_used()?;
    let mut bytes = Vec::new();
    let written = match indent {
        None => {
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, Spaced(CompactFormatter)))
        }
        Some(width) => {
            let width = b" ".repeat(width.min(64));
            let formatter = Indented(PrettyFormatter::with_indent(&width));
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))
        }
    };
    written.map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    Ok(Value::from_safe_string(text))
}

/// Python's separators: a space behind commas and colons.
struct Spaced(CompactFormatter);

impl Formatter for Spaced {
    fn write_f64<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, value: f64) -> std::io::Result<()> {
        writer.write_all(python::float(value).as_bytes())
    }

    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.begin_object_value(writer)?;
        writer.write_all(b" ")
    }
}

/// Over several lines, with Python's numbers.
struct Indented<'a>(PrettyFormatter<'a>);

impl Formatter for Indented<'_> {
    fn write_f64<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, value: f64) -> std::io::Result<()> {
        writer.write_all(python::float(value).as_bytes())
    }

    fn begin_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        self.0.end_object_value(writer)
    }
}

/// The template among the settings: a string, or the one of several that is called `default`.
fn usual(config: &Settings) -> Option<String> {
    let template = config.get("chat_template")?;
    let named = || {
        let default =
            template.as_array()?.iter().find(|one| one.get("name").is_some_and(|name| name == "default"));
        default?.get("template")?.as_str()
    };
    template.as_str().or_else(named).map(str::to_owned)
}

/// `bos_token` and its like: a string, or an object with its `content`.
fn tokens(config: &Settings) -> Vec<(String, String)> {
    let named = config.iter().filter(|(key, _)| key.ends_with("_token"));
    let text = |value: &serde_json::Value| {
        value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned)
    };
    named.filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect()
}

/// An error with its line, in one sentence.
fn told(error: &Error) -> String {
    let line = error.line().map(|line| format!(" (line {line} of the template)")).unwrap_or_default();
    match error.detail() {
        Some(detail) => format!("{detail}{line}"),
        None => format!("{}{line}", error.kind()),
    }
}

#[cfg(test)]
mod tests;
