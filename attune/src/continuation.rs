//! Going on with a study from what the store holds of it: its journal has the profile, the notes beside it where that was.

use std::path::Path;

use attune_core::profile::Profile;
use attune_core::store::{Record, RunNote};
use attune_search::session::whereabouts;
use attune_store::ReadStore;

use crate::error::{ContinueError, Error};
use crate::factory;
use crate::model_folder;
use crate::profile_folder;
use crate::run_options::{ContinueOptions, RunOptions};

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
        // A study of a program keeps no profile, and has no folder: that is said first.
        let profile = Profile::from_identity(&header.profile, study, trials);
        let model = match &profile {
            Ok(profile) if factory::is_worker(profile) => {
                model_folder::of_worker(path, header, &notes, asked.model.as_deref())?
            }
            _ => model_folder::of_study(path, header, &notes, asked.model.as_deref())?.0,
        };
        let profile = profile.map_err(Error::input)?;
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
