//! Going on with a study from what the store holds of it: its journal has the profile, the notes beside it where that was.

use std::path::Path;

use attune_core::profile::Profile;
use attune_core::store::{Record, RunNote};
use attune_search::session::whereabouts;
use attune_store::ReadStore;

use crate::args::{ContinueArgs, RunArgs};
use crate::error::CliError;
use crate::model_folder;
use crate::profile_folder;

/// What a run needs that goes on with a study.
pub(crate) struct Continuation {
    /// As if it had been typed. Its profile is the file that the study was made from, which need not exist any more.
    pub(crate) args: RunArgs,
    /// The profile, as the journal has it.
    pub(crate) profile: Profile,
}

impl Continuation {
    /// Looks a study up.
    pub(crate) fn find(path: &Path, asked: &ContinueArgs) -> Result<Self, CliError> {
        let study = &asked.study;
        let store = ReadStore::open(path).map_err(CliError::input)?;
        let records = store.records(study).map_err(CliError::input)?;
        let notes = store.notes_on(study).map_err(CliError::run)?;
        let Some(Record::Header(header)) = records.first() else {
            return Err(CliError::Run(format!("the journal of study `{study}` has no header")));
        };
        let done = records.iter().filter(|record| matches!(record, Record::Trial(_))).count() as u64;
        let trials = asked.trials.or(budget(&notes)).unwrap_or(done);
        let (model, _) = model_folder::of_study(path, header, &notes, asked.model.as_deref())?;
        let profile = Profile::from_identity(&header.profile, study, trials).map_err(CliError::input)?;
        let file = match (&asked.base, whereabouts(&notes)) {
            (Some(base), _) => profile_folder::named(base, study, &profile)?,
            (None, Some(found)) => profile_folder::find(path, study, &profile, Path::new(&found.profile))?,
            (None, None) => return Err(unknown_base(study)),
        };
        let args = RunArgs {
            profile: file,
            study: Some(study.clone()),
            model: None,
            device: asked.device.clone(),
            seed: None,
            trials: None,
            sets: Vec::new(),
            workers: asked.workers,
            activation_memory: asked.activation_memory,
            json: asked.json,
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

fn unknown_base(study: &str) -> CliError {
    CliError::Input(format!(
        "study `{study}` was made by an attune that did not note where its profile was, and paths in the profile are \
         relative to that; name the folder with --base DIR, or run the profile itself once more"
    ))
}
