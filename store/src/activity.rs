//! Who is working on a study, as far as another process can tell.

use std::fs::{File, Metadata, TryLockError};
use std::path::Path;
use std::time::SystemTime;

use attune_core::store::{RunNote, StoreError};

use crate::error::io;
use crate::layout::LogName;
use crate::name::check_name;
use crate::read_store::ReadStore;

/// Signs of life of one study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// When its journal last changed.
    pub changed: Option<SystemTime>,
    /// Size of its journal: together with `changed`, whether there is anything new to read.
    pub bytes: u64,
    /// Size of the notes on its runs.
    pub noted: u64,
    /// The process that works on it: the one that has the store open, if it has written to this study and has
    /// not noted the end of its run. 0 when the process is not known.
    pub writer: Option<u32>,
}

impl ReadStore {
    /// Signs of life of a study. A writer that has not finished a first trial is not noticed yet.
    ///
    /// # Errors
    /// When the name is none, or the store's lock cannot be looked at.
    pub fn activity(&self, study: &str) -> Result<Activity, StoreError> {
        check_name(study)?;
        let log = |name| std::fs::metadata(self.layout.log(&name)).ok();
        let journal = log(LogName::Journal(study.to_owned()));
        let changed = modified(journal.as_ref());
        let notes = log(LogName::Runs(study.to_owned()));
        let noted = modified(notes.as_ref());
        let bytes = journal.map_or(0, |journal| journal.len());
        // Notes on trials are written all the time; one on the run ends it.
        let ended = noted >= changed
            && matches!(self.notes_on(study)?.last(), Some(RunNote::Run(_) | RunNote::Failed(_)));
        let writer = holder(&self.layout.lock())?.filter(|holder| holder.since <= changed && !ended);
        Ok(Activity {
            changed,
            bytes,
            noted: notes.map_or(0, |notes| notes.len()),
            writer: writer.map(|holder| holder.process),
        })
    }
}

/// The process that has the store open for writing.
struct Holder {
    process: u32,
    /// When it took the lock.
    since: Option<SystemTime>,
}

fn holder(lock: &Path) -> Result<Option<Holder>, StoreError> {
    let Ok(file) = File::open(lock) else { return Ok(None) };
    // Whoever wants the lock in this very moment tries again; see `lock`.
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => {
            let text = std::fs::read_to_string(lock).unwrap_or_default();
            let process = text.trim().parse().unwrap_or(0);
            Ok(Some(Holder { process, since: modified(file.metadata().ok().as_ref()) }))
        }
        Err(TryLockError::Error(error)) => Err(io("look at", lock)(error)),
    }
}

fn modified(file: Option<&Metadata>) -> Option<SystemTime> {
    file.and_then(|file| file.modified().ok())
}

#[cfg(test)]
mod tests {
    use attune_core::store::{RunTime, Store as _};

    use super::*;
    use crate::{SledStore, conformance};

    #[test]
    fn a_writer_is_seen_from_its_first_record_to_the_end_of_its_run() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        let reader = ReadStore::open(folder.path()).unwrap();
        let writer = || reader.activity("study").unwrap().writer;
        assert_eq!(writer(), None);
        store.append("study", &conformance::header("study")).unwrap();
        assert_eq!(writer(), Some(std::process::id()));
        std::thread::sleep(std::time::Duration::from_millis(20));
        store.note("study", &RunNote::Trials(vec![])).unwrap();
        assert_eq!(writer(), Some(std::process::id()), "notes on trials come while it goes on");
        // File times are coarser than two writes.
        std::thread::sleep(std::time::Duration::from_millis(20));
        let run = RunTime { seconds: 1.0, peak_memory: None };
        store.note("study", &RunNote::Run(run)).unwrap();
        assert_eq!(writer(), None, "the run is over, though the store is still open");
        drop(store);
        assert_eq!(writer(), None);
    }
}
