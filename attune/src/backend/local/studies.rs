//! The list of studies. It is asked for every few seconds, so only journals that have changed are read again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use attune_core::event::Underway;
use attune_core::store::failure;
use attune_store::{Activity, ReadStore};

use super::running::Running;
use super::stored;
use crate::backend::{RunLocation, StudyRow};
use crate::summary::Summary;

/// The list, with what is remembered between two readings.
#[derive(Clone)]
pub(super) struct StudyList {
    store: PathBuf,
    running: Running,
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

/// A row and the state of the journal and of the notes that it was made from.
type Known = ((Option<SystemTime>, u64, u64), StudyRow);

impl StudyList {
    pub(super) fn new(store: &Path, running: Running) -> Self {
        Self { store: store.to_owned(), running, known: Arc::default() }
    }

    /// Every study that can be read, in name order.
    pub(super) fn read(&self) -> Result<Vec<StudyRow>, String> {
        if !self.store.exists() {
            return Ok(Vec::new());
        }
        let store = ReadStore::open(&self.store).map_err(|error| error.to_string())?;
        let names = store.studies().map_err(|error| error.to_string())?;
        Ok(names.iter().filter_map(|name| self.row(&store, name)).collect())
    }

    /// `None` for a journal that cannot be read: opening it says why, and so does `attune doctor`.
    fn row(&self, store: &ReadStore, name: &str) -> Option<StudyRow> {
        let activity = store.activity(name).ok()?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let state = (activity.changed, activity.bytes, activity.noted);
        let fresh = known.get(name).filter(|(read, _)| *read == state).map(|(_, row)| row.clone());
        let row = match fresh {
            Some(row) => row,
            None => {
                let row = read(store, name)?;
                known.insert(name.to_owned(), (state, row.clone()));
                row
            }
        };
        let place = match place(name, &activity, &self.running) {
            RunLocation::Nobody => row.place,
            somebody => somebody,
        };
        let failure = row.failure.clone().filter(|_| place == RunLocation::Failed);
        let age = activity.changed.and_then(|changed| changed.elapsed().ok());
        let share = activity.underway.as_ref().and_then(Underway::share);
        Some(StudyRow { place, failure, age, share, ..row })
    }
}

/// Who is working on a study; [`RunLocation::Nobody`] also when it is over.
pub(super) fn place(study: &str, activity: &Activity, running: &Running) -> RunLocation {
    match activity.writer {
        _ if running.runs(study) => RunLocation::Here,
        Some(process) if process != std::process::id() => RunLocation::Elsewhere,
        _ => RunLocation::Nobody,
    }
}

fn read(store: &ReadStore, name: &str) -> Option<StudyRow> {
    let records = store.records(name).ok()?;
    let notes = store.notes_on(name).ok()?;
    let failure = failure(&notes);
    let summary = Summary::of(&records, &notes)?;
    let in_search = || stored::best(&records, &stored::profile(summary.header)?.objectives);
    Some(StudyRow {
        name: name.to_owned(),
        technique: summary.header.technique.clone(),
        model: summary.header.model.clone(),
        place: match failure {
            _ if summary.finished => RunLocation::Done,
            Some(_) => RunLocation::Failed,
            None => RunLocation::Nobody,
        },
        failure: failure.filter(|_| !summary.finished).map(str::to_owned),
        trials: summary.trials,
        best: summary.best.clone().or_else(in_search),
        age: None,
        share: None,
    })
}
