//! Health of a store, as `attune doctor` says it, also while others use it. Changes no log; opening the index lets
//! sled keep
//! house in it.

use std::fs;
use std::path::Path;

use attune_core::store::{Record, RunNote, StoreError};
use attune_core::trial::TrialState;

use crate::cache;
use crate::error::io;
use crate::journal;
use crate::layout::{Layout, LogName};
use crate::log;
use crate::rebuild::running;
use crate::wire::Entry;

/// The state of a store. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The store's folder.
    pub path: String,
    /// Studies that somebody works on right now, with the process (0 when it does not say which it is).
    pub running: Vec<(String, u32)>,
    /// Its studies, in name order.
    pub studies: Vec<StudyHealth>,
    /// Cached evaluations.
    pub cached: u64,
    /// Size of the cache log.
    pub cache_bytes: u64,
    /// Size of the index.
    pub index_bytes: u64,
    /// Everything that cannot be used, with the way out; empty when the store is sound.
    pub problems: Vec<String>,
}

/// One study in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudyHealth {
    /// Its name.
    pub name: String,
    /// Finished trials.
    pub trials: u64,
    /// Of these: failed.
    pub failed: u64,
    /// Whether it ends in a report.
    pub reported: bool,
    /// Runs that it took.
    pub runs: u64,
    /// Size of its journal in bytes.
    pub bytes: u64,
}

/// Reads everything in the store in `path` and says what is there and what is wrong.
///
/// # Errors
/// When the folder is no store, or one of another version, or cannot be read at all.
pub fn health(path: &Path) -> Result<Health, StoreError> {
    let layout = Layout::existing(path)?;
    let mut problems = vec![];
    let studies = layout.journals()?;
    let studies = studies.into_iter().map(|study| study_health(&layout, study, &mut problems)).collect();
    let cached = or_note(log::read_all::<Entry>(&layout.log(&LogName::Cache)), &mut problems).len() as u64;
    or_note(cache::check(&layout), &mut problems);
    Ok(Health {
        path: path.display().to_string(),
        running: running(&layout)?,
        studies,
        cached,
        cache_bytes: file_bytes(&layout.log(&LogName::Cache)),
        index_bytes: folder_bytes(&layout.database())?,
        problems,
    })
}

fn study_health(layout: &Layout, name: String, problems: &mut Vec<String>) -> StudyHealth {
    let records = or_note(journal::records(layout, &name), problems);
    let notes: Vec<RunNote> = or_note(log::read_all(&layout.log(&LogName::Runs(name.clone()))), problems);
    let mut health = StudyHealth {
        trials: 0,
        failed: 0,
        reported: matches!(records.last(), Some(Record::Report(_))),
        runs: notes.iter().filter(|note| matches!(note, RunNote::Run(_))).count() as u64,
        bytes: file_bytes(&layout.log(&LogName::Journal(name.clone()))),
        name,
    };
    for record in &records {
        if let Record::Trial(trial) = record {
            health.trials += 1;
            health.failed += u64::from(matches!(trial.state(), TrialState::Failed(_)));
        }
    }
    health
}

fn or_note<T: Default>(result: Result<T, StoreError>, problems: &mut Vec<String>) -> T {
    result.unwrap_or_else(|error| {
        problems.push(error.to_string());
        T::default()
    })
}

fn file_bytes(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |metadata| metadata.len())
}

fn folder_bytes(folder: &Path) -> Result<u64, StoreError> {
    let mut bytes = 0;
    if folder.is_dir() {
        for entry in fs::read_dir(folder).map_err(io("read", folder))? {
            let path = entry.map_err(io("read", folder))?.path();
            // Not through links: their targets are not part of it, and may hold the link.
            bytes += if fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir()) {
                folder_bytes(&path)?
            } else {
                file_bytes(&path)
            };
        }
    }
    Ok(bytes)
}
