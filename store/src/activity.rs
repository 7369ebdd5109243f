//! Who is working on a study.

use std::fs::Metadata;
use std::time::SystemTime;

use attune_core::store::StoreError;

use crate::layout::LogName;
use crate::lock;
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
    /// The process that works on it; 0 when it does not say which it is.
    pub writer: Option<u32>,
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
            writer,
        })
    }
}

#[cfg(test)]
mod tests {
    use attune_core::store::Store as _;

    use super::*;
    use crate::{SledStore, conformance};

    #[test]
    fn a_writer_is_seen_from_its_claim_to_its_end() {
        let folder = tempfile::TempDir::new().unwrap();
        let store = SledStore::open(folder.path()).unwrap();
        let reader = ReadStore::open(folder.path()).unwrap();
        let writer = || reader.activity("study").unwrap().writer;
        assert_eq!(writer(), None);
        let claim = store.claim("study").unwrap();
        assert_eq!(writer(), Some(std::process::id()));
        store.append("study", &conformance::header("study")).unwrap();
        assert_eq!(reader.activity("other").unwrap().writer, None);
        drop(claim);
        assert_eq!(writer(), None, "the run is over, though the store is still open");
    }
}
