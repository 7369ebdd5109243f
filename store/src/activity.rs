//! Activity of a study: who is working on it.

use std::fs::Metadata;
use std::time::SystemTime;

use attune_core::event::Underway;
use attune_core::store::StoreError;

use crate::layout::LogName;
use crate::lock;
use crate::name::check_name;
use crate::read_store::ReadStore;

/// Signs of life of one study.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// When its journal last changed.
    pub changed: Option<SystemTime>,
    /// Size of its journal: together with `changed`, whether there is anything new to read.
    pub bytes: u64,
    /// Size of the notes on its runs.
    pub noted: u64,
    /// The process that works on it; 0 when it does not say which it is.
    pub writer: Option<u32>,
    /// How far that process is, if it says so.
    pub underway: Option<Underway>,
}

impl ReadStore {
    /// Signs of life of a study.
    ///
    /// # Errors
    /// When the name is none, or the lock of the study cannot be looked at.
    pub fn activity(&self, study: &str) -> Result<Activity, StoreError> {
        check_name(study)?;
        // The writer first: when it is gone, everything that it wrote is there.
        let writer = lock::taken(&self.layout.study_lock(study))?;
        let log = |name| std::fs::symlink_metadata(self.layout.log(&name)).ok();
        let journal = log(LogName::Journal(study.to_owned()));
        let noted = log(LogName::Runs(study.to_owned()));
        let bytes = |file: &Option<Metadata>| file.as_ref().map_or(0, Metadata::len);
        Ok(Activity {
            changed: journal.as_ref().and_then(|file| file.modified().ok()),
            bytes: bytes(&journal),
            noted: bytes(&noted),
            writer: writer.as_ref().map(|holder| holder.process),
            underway: writer.and_then(|holder| holder.underway()),
        })
    }
}

#[cfg(test)]
mod tests {
    use attune_core::event::{Advance, Phase};
    use attune_core::store::Store as _;

    use super::*;
    use crate::SledStore;
    use attune_testkit::store::header;

    #[test]
    fn a_writer_is_seen_from_its_claim_to_its_end() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        let reader = ReadStore::open(folder.path()).unwrap();
        let writer = || reader.activity("study").unwrap().writer;
        assert_eq!(writer(), None);
        let claim = store.claim("study").unwrap();
        assert_eq!(writer(), Some(std::process::id()));
        store.append("study", &header("study")).unwrap();
        assert_eq!(reader.activity("other").unwrap().writer, None);
        let underway = Underway {
            phases: vec![Advance { phase: Phase::Report, done: 3, total: 8, evaluated: 2 }],
            running: Some(Phase::Report),
            what: "uniform".to_owned(),
        };
        let announced = || reader.activity("study").unwrap().underway;
        assert_eq!(announced(), None);
        store.announce("study", &underway);
        assert_eq!(announced(), Some(underway.clone()));
        let long = Underway { what: "ü".repeat(10_000), ..underway };
        store.announce("study", &long);
        assert_eq!(announced().map(|known| known.phases), Some(long.phases), "a long word is cut");
        drop(claim);
        assert_eq!(announced(), None, "nobody is anywhere any more");
        let again = store.claim("study").unwrap();
        assert_eq!(announced(), None, "a new run has said nothing yet");
        drop(again);
        assert_eq!(writer(), None, "the run is over, though the store is still open");
    }
}
