//! Reads a plan file back.

use serde::Deserialize;
use serde_json::Value;

use attune_core::hash::{ContentHash, ParseHashError};
use attune_core::plan::{EditError, Plan};
use attune_vocabulary::{arrange, model};

use crate::targets::{PLAN_FORMAT as FORMAT, PLAN_VERSION as VERSION};
use crate::wire;

/// What a plan file says.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanFile {
    /// The plan.
    pub plan: Plan,
    /// Name of the model that it was searched for.
    pub model: String,
    /// Fingerprint of that model: on another one the scores mean nothing.
    pub fingerprint: ContentHash,
}

/// Why a plan file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Not JSON, or not of the expected shape.
    #[error("{file}: {source}; expected a plan as `attune export --to plan` writes it")]
    Syntax {
        /// Path of the file, as the message names it.
        file: String,
        /// Place and reason.
        source: serde_json::Error,
    },
    /// Some other JSON file.
    #[error("{file}: `format` is {found}, expected \"{FORMAT}\"; is this another file?")]
    Format {
        /// Path of the file, as the message names it.
        file: String,
        /// What was found.
        found: String,
    },
    /// Written by another attune.
    #[error(
        "{file}: `version` is {found}, and this attune reads version {VERSION}; export the plan again with \
         this attune, or use the one that wrote it"
    )]
    Version {
        /// Path of the file, as the message names it.
        file: String,
        /// What was found.
        found: String,
    },
    /// An entry of `plan.edits` that is no edit.
    #[error("{file}: plan.edits[{index}]: {found}, expected {expected}")]
    EditShape {
        /// Path of the file, as the message names it.
        file: String,
        /// Position, counted from 0.
        index: usize,
        /// What was found.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// An edit without meaning.
    #[error("{file}: plan.edits[{index}]: {source}")]
    Edit {
        /// Path of the file, as the message names it.
        file: String,
        /// Position, counted from 0.
        index: usize,
        /// Why.
        source: Box<EditError>,
    },
    /// A hash that is none.
    #[error("{file}: {place}: {source}")]
    Hash {
        /// Path of the file, as the message names it.
        file: String,
        /// The key.
        place: &'static str,
        /// Why.
        source: ParseHashError,
    },
    /// The edits are not those that were exported.
    #[error(
        "{file}: plan.hash is {found}, but the edits hash to {expected}: the file was changed after its \
         export; undo the change, or remove `hash` to accept it"
    )]
    Changed {
        /// Path of the file, as the message names it.
        file: String,
        /// What the file says.
        found: ContentHash,
        /// What its edits hash to.
        expected: ContentHash,
    },
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Header {
    #[serde(default)]
    format: Value,
    #[serde(default)]
    version: Value,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Document {
    plan: RawPlan,
    model: RawModel,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct RawPlan {
    edits: Vec<Value>,
    hash: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct RawModel {
    name: String,
    fingerprint: String,
}

/// Reads the text of a plan file. `file` is its name, for messages.
///
/// # Errors
/// [`ReadError`], naming the place in the file.
pub fn read_plan(file: &str, text: &str) -> Result<PlanFile, ReadError> {
    let file = || file.to_owned();
    let syntax = |source| ReadError::Syntax { file: file(), source };
    // Format and version first: a newer file may have any shape.
    let Header { format, version } = serde_json::from_str(text).map_err(syntax)?;
    if format != FORMAT {
        return Err(ReadError::Format { file: file(), found: found(&format) });
    }
    if version != VERSION {
        return Err(ReadError::Version { file: file(), found: found(&version) });
    }
    let Document { plan: raw, model: of } = serde_json::from_str(text).map_err(syntax)?;
    let edits = raw.edits.iter().enumerate().map(|(index, value)| {
        let open = wire::parse_edit(value).map_err(|(found, expected)| ReadError::EditShape {
            file: file(),
            index,
            found,
            expected,
        })?;
        model().accept(&open).map_err(|error| ReadError::Edit {
            file: file(),
            index,
            source: Box::new(error),
        })
    });
    let plan = arrange(edits.collect::<Result<Vec<_>, _>>()?);
    let hash = |place, text: &str| {
        text.parse::<ContentHash>().map_err(|source| ReadError::Hash { file: file(), place, source })
    };
    if let Some(text) = raw.hash {
        let found = hash("plan.hash", &text)?;
        if found != plan.hash() {
            return Err(ReadError::Changed { file: file(), found, expected: plan.hash() });
        }
    }
    let fingerprint = hash("model.fingerprint", &of.fingerprint)?;
    Ok(PlanFile { plan, model: of.name, fingerprint })
}

fn found(value: &Value) -> String {
    if value.is_null() { "missing".to_owned() } else { value.to_string() }
}
