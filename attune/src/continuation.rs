//! Going on with a study from what the store holds of it: its journal has the profile, the notes beside it where that was.

use std::path::{Path, PathBuf};

use attune_core::printable::quoted;
use attune_core::profile::Profile;
use attune_core::store::{Record, RunNote};
use attune_search::session::whereabouts;
use attune_store::ReadStore;

use crate::error::Error;
use crate::model_folder;
use crate::profile_folder;
use crate::run_options::{ContinueOptions, RunOptions};

/// Why a study cannot be continued from what the store holds of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContinueError {
    /// The journal does not begin with the study's header.
    #[error("the journal of study `{study}` has no header; see `attune doctor`")]
    NoHeader {
        /// The study.
        study: String,
    },
    /// Nobody noted where the profile was.
    #[error(
        "study `{study}` was made by an attune that did not note where its profile was, and paths in the profile are \
         relative to that; name the folder with --base DIR, or run the profile itself once more"
    )]
    UnknownBase {
        /// The study.
        study: String,
    },
    /// The folder that a person named has not what the profile names.
    #[error(
        "there is no {} for study `{study}`: `{}` of its profile is looked for in the folder of --base; name the one \
         that the profile was in, or its copy",
        missing.display(),
        quoted(path)
    )]
    WrongBase {
        /// The study.
        study: String,
        /// The file that is missing.
        missing: PathBuf,
        /// As the profile names it.
        path: String,
    },
    /// Something that the profile names by an absolute path is gone.
    #[error(
        "{} of study `{study}` is no longer there, and its profile names it by this very path: put it back",
        missing.display()
    )]
    FileGone {
        /// The study.
        study: String,
        /// The file.
        missing: PathBuf,
    },
    /// Something that the profile names is no longer where the profile was, and nowhere else that is looked at.
    #[error(
        "{} of study `{study}` is no longer there: its profile names it as `{}`, relative to its own folder; say where \
         that folder is now with --base DIR, or run the profile from there (on the screens: open it with Enter and launch \
         it)",
        missing.display(),
        quoted(path)
    )]
    BaseGone {
        /// The study.
        study: String,
        /// The file.
        missing: PathBuf,
        /// As the profile names it.
        path: String,
    },
}

/// What a run needs that goes on with a study.
pub struct Continuation {
    /// How it is run. Its profile is the file that the study was made from, which need not exist any more.
    pub args: RunOptions,
    /// The profile, as the journal has it.
    pub profile: Profile,
}

impl Continuation {
    /// Looks a study of the store in the folder `path` up.
    ///
    /// # Errors
    /// When there is no such study, or what it was made of is no longer where it was.
    pub fn find(path: &Path, asked: &ContinueOptions) -> Result<Self, Error> {
        let study = &asked.study;
        let store = ReadStore::open(path).map_err(Error::input)?;
        let records = store.records(study).map_err(Error::input)?;
        let notes = store.notes_on(study).map_err(Error::run)?;
        let Some(Record::Header(header)) = records.first() else {
            return Err(Error::run(ContinueError::NoHeader { study: study.clone() }));
        };
        let done = records.iter().filter(|record| matches!(record, Record::Trial(_))).count() as u64;
        let trials = asked.trials.or(budget(&notes)).unwrap_or(done);
        let (model, _) = model_folder::of_study(path, header, &notes, asked.model.as_deref())?;
        let profile = Profile::from_identity(&header.profile, study, trials).map_err(Error::input)?;
        let file = match (&asked.base, whereabouts(&notes)) {
            (Some(base), _) => profile_folder::named(base, study, &profile)?,
            (None, Some(found)) => profile_folder::find(path, study, &profile, Path::new(&found.profile))?,
            (None, None) => return Err(Error::input(ContinueError::UnknownBase { study: study.clone() })),
        };
        let args = RunOptions {
            profile: file,
            study: Some(study.clone()),
            device: asked.device.clone(),
            workers: asked.workers,
            activation_memory: asked.activation_memory,
        };
        Ok(Self { args, profile: Profile { model: model.display().to_string(), ..profile } })
    }
}

/// Trials that the last run of a study was to reach.
pub(crate) fn budget(notes: &[RunNote]) -> Option<u64> {
    let budget = |note: &RunNote| match note {
        RunNote::Budget(trials) => Some(*trials),
        _ => None,
    };
    notes.iter().rev().find_map(budget)
}
