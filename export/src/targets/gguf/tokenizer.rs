//! The tokenizer, as llama.cpp has it: tokens with their kinds, how words are cut and merged, special tokens, the chat template.
//!
//! llama.cpp knows the ways of cutting texts into words by name and does not read regular expressions: a tokenizer whose way has no
//! name there is refused, because a wrong name is a model that reads other tokens than were scored.

mod byte_level;
mod file;
mod pieces;
mod special;
mod words;

use attune_core::exporter::{ExportError, ModelFiles};
use serde::Serialize;

use super::container::Value;
use file::TokenizerFile;

/// The tokenizer of a folder.
const FILE: &str = "tokenizer.json";

/// Keys of the file, and what to know of them.
#[derive(Debug)]
pub(super) struct Tokenizer {
    pub(super) keys: Vec<(String, Value)>,
    pub(super) done: Done,
}

/// What the manifest says of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Done {
    /// `tokenizer.ggml.model`.
    model: &'static str,
    /// `tokenizer.ggml.pre`.
    #[serde(skip_serializing_if = "str::is_empty")]
    words: &'static str,
    /// In what it may differ from tokenizer.json.
    notes: Vec<String>,
}

impl Done {
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// How llama.cpp treats a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// A tokenizer without special tokens: what its kind says.
struct Body {
    model: &'static str,
    words: &'static str,
    keys: Vec<(&'static str, Value)>,
    notes: Vec<String>,
}

impl Tokenizer {
    /// That of the folder, for a vocabulary of `vocab` tokens; a folder without one gives a file without one.
    pub(super) fn read(
        files: &dyn ModelFiles,
        config: &serde_json::Value,
        vocab: usize,
    ) -> Result<Self, ExportError> {
        if !files.names().iter().any(|name| name == FILE) {
            let keys = vec![("tokenizer.ggml.model".to_owned(), Value::Text("none".to_owned()))];
            let notes = vec![format!("the model's folder has no {FILE}: texts have to come as tokens")];
            return Ok(Self { keys, done: Done { model: "none", words: "", notes } });
        }
        let file = TokenizerFile::read(files)?;
        let tokens = file.tokens(vocab)?;
        let body = if file.has_byte_level() {
            byte_level::body(&file, &tokens)?
        } else {
            pieces::body(&file, &tokens)?
        };
        let mut keys = vec![
            ("tokenizer.ggml.model".to_owned(), Value::Text(body.model.to_owned())),
            ("tokenizer.ggml.pre".to_owned(), Value::Text(body.words.to_owned())),
        ];
        keys.extend(body.keys.into_iter().map(|(key, value)| (format!("tokenizer.{key}"), value)));
        let mut done = Done { model: body.model, words: body.words, notes: body.notes };
        done.notes.extend(file.stripping());
        keys.extend(special::keys(files, &file, config, &mut done.notes)?);
        Ok(Self { keys, done })
    }
}
