//! A new study, before it runs: fields that are generated from what the technique and the strategy say about
//! themselves, errors beside them, and the profile that a person would write.

mod field;
pub(crate) mod fields;
mod fill;
mod named;
pub(crate) mod parse;
mod profile_text;
mod rows;
mod said;

use std::collections::BTreeSet;
use std::time::Duration;

use attune::backend::{DraftFile, ModelFound, Timing};
use attune_core::evaluator::{EvaluatorSpec, TaskSpec};
use attune_core::options::{OptionSpec, Settings};
use attune_core::profile::schema::{self, Key, Section};
use attune_core::profile::{EvaluatorChoice, Profile, Value};
use attune_core::space::Count;

pub(crate) use field::{Field, Kind};
pub(crate) use fill::said_by;
pub(crate) use rows::{Row, Spot};
pub(crate) use said::{Said, Words};

use crate::line_edit::LineEdit;

/// What is known about the search space.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Checked {
    /// Something is missing or wrong; nothing was asked.
    No,
    /// The backend is checking.
    Asked,
    /// Nothing keeps it from running; its configs may still be being counted.
    Yes(Option<Count>),
}

/// A study that is being described.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The profile's file.
    pub(crate) file: String,
    /// A person named the file or it was loaded: it follows the study's name no more.
    pub(crate) file_named: bool,
    /// What a person or the profile said; the fields follow.
    pub(crate) said: Said,
    pub(crate) fields: Vec<Field>,
    pub(crate) cursor: Spot,
    /// Groups whose fields are all shown.
    pub(crate) open: BTreeSet<Section>,
    /// The field under the cursor is being typed into.
    pub(crate) editing: Option<LineEdit>,
    /// The task that is chosen, once it is known.
    pub(crate) task: Option<TaskSpec>,
    /// The task that the profile need not name: the first one, unless the model is for another.
    pub(crate) silent_task: Option<String>,
    /// Who evaluates, where that is an evaluator of another process.
    pub(crate) worker: Option<EvaluatorChoice>,
    /// The catalogue, which says whose an evaluator is and what tasks take, has not come yet.
    pub(crate) unlisted: bool,
    /// What it says of itself, once it has answered.
    pub(crate) evaluator: Option<Result<EvaluatorSpec, String>>,
    /// Options of the chosen technique; `None` while unknown.
    pub(crate) technique: Option<Vec<OptionSpec>>,
    /// What the technique does.
    pub(crate) summary: String,
    /// The technique that these are of.
    pub(crate) technique_name: String,
    pub(crate) model: Option<Result<ModelFound, String>>,
    /// The folder that this was found in.
    pub(crate) model_path: String,
    /// The evaluator of another process that it was found for.
    pub(crate) model_for: Option<EvaluatorChoice>,
    /// Counts changes: only answers about the newest matter.
    pub(crate) ticket: u64,
    pub(crate) checked: Checked,
    /// A fault that belongs to no field.
    pub(crate) fault: Option<String>,
    pub(crate) timing: Option<Result<Timing, String>>,
    pub(crate) timing_since: Option<Duration>,
    /// What the profile on disk says; `None` for a new one.
    pub(crate) saved: Option<Said>,
    /// A person has changed something.
    pub(crate) touched: bool,
    /// Keys of the file that these fields do not show: saving would lose them.
    pub(crate) incomplete: bool,
    /// Launch as soon as the profile is saved.
    pub(crate) launching: bool,
}

impl Draft {
    /// The text of a field.
    pub(crate) fn text(&self, path: &str) -> &str {
        self.fields.iter().find(|field| field.path == path).map_or("", |field| field.text.as_str())
    }

    /// The profile as text, when every field has a value of its kind.
    pub(crate) fn profile_text(&self) -> String {
        profile_text::write(self)
    }

    /// The file as it would be now.
    pub(crate) fn draft_file(&self) -> DraftFile {
        DraftFile { path: self.file.clone(), text: self.profile_text() }
    }

    /// Whether it differs from what is on disk.
    pub(crate) fn changed(&self) -> bool {
        self.saved.as_ref().is_none_or(|saved| !saved.writes_like(&self.said))
    }

    /// Whether the evaluator or the model is still being looked at.
    pub(crate) fn looking(&self) -> bool {
        let asked = !self.model_path.is_empty() || self.worker.is_some();
        self.unlisted || asked && self.model.is_none() || self.worker.is_some() && self.evaluator.is_none()
    }

    pub(crate) fn first_fault(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.fault.is_some())
    }

    /// Whether these fields say everything that `profile` says.
    pub(crate) fn says_all_of(&self, profile: &Profile) -> bool {
        let file = Profile::parse(&self.file, &self.profile_text(), &[]);
        file.is_ok_and(|file| {
            let same = |key: &Key| match (key.value(&file), key.value(profile)) {
                (Some(Value::Options(file)), Some(Value::Options(profile))) => {
                    self.same_options(key, &file, &profile)
                }
                // What follows where a profile is silent may be written all the same.
                (Some(_), None) => key.path == fields::TASK || !self.said_of(key.path),
                (None, Some(Value::Text(task))) if key.path == fields::TASK => self.silent_task == Some(task),
                (file, profile) => file == profile,
            };
            schema::keys().iter().all(same)
        })
    }

    /// Whether somebody said something of a field.
    fn said_of(&self, path: &str) -> bool {
        self.fields.iter().any(|field| field.path == path && field.said)
    }

    /// Whether `file` has the options of `profile`; those that have their default value may be left out.
    fn same_options(&self, key: &Key, file: &Settings, profile: &Settings) -> bool {
        profile.iter().all(|(name, value)| {
            let path = format!("{}.{name}", key.path);
            let Some(field) = self.fields.iter().find(|field| field.path == path) else { return false };
            let meant = match &field.kind {
                Kind::Value(kind) => parse::value(kind, &said::typed(value)).ok(),
                _ => Some(value.clone()),
            };
            match file.get(name) {
                Some(found) => meant.as_ref() == Some(found),
                None => field.text == field.default || value.counts_nothing(),
            }
        })
    }
}
