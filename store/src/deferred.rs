//! A store that is opened when something is written, and not before.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use attune_core::event::Underway;
use attune_core::store::{CacheKey, Cached, Claim, Record, RunNote, Store, StoreError};

use crate::journal;
use crate::layout::{Layout, LogName};
use crate::log;
use crate::name::check_name;
use crate::note::Note;
use crate::sled_store::SledStore;

/// A store of which nothing is created, locked or changed until a study is claimed or something is written: a study that
/// is refused leaves no trace.
pub struct DeferredStore {
    path: PathBuf,
    opened: OnceLock<SledStore>,
    opening: Mutex<()>,
}

impl DeferredStore {
    /// The store in `path`, which need not exist.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), opened: OnceLock::new(), opening: Mutex::new(()) }
    }

    /// As [`SledStore::notes`]; none while it is not open.
    pub fn notes(&self) -> Vec<Note> {
        self.opened.get().map(SledStore::notes).unwrap_or_default()
    }

    fn open(&self) -> Result<&SledStore, StoreError> {
        let _alone = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        match self.opened.get() {
            Some(store) => Ok(store),
            None => {
                let store = SledStore::open(&self.path)?;
                Ok(self.opened.get_or_init(|| store))
            }
        }
    }

    /// What can be read without opening it; `None` when there is no store yet.
    fn layout(&self) -> Result<Option<Layout>, StoreError> {
        if Layout::is_free(&self.path)? { Ok(None) } else { Layout::existing(&self.path).map(Some) }
    }
}

impl Store for DeferredStore {
    fn claim(&self, study: &str) -> Result<Claim, StoreError> {
        check_name(study)?;
        self.open()?.claim(study)
    }

    fn studies(&self) -> Result<Vec<String>, StoreError> {
        self.layout()?.map_or(Ok(Vec::new()), |layout| journal::studies(&layout))
    }

    fn records(&self, study: &str) -> Result<Vec<Record>, StoreError> {
        check_name(study)?;
        self.layout()?.map_or(Ok(Vec::new()), |layout| journal::records(&layout, study))
    }

    fn append(&self, study: &str, record: &Record) -> Result<(), StoreError> {
        check_name(study)?;
        self.open()?.append(study, record)
    }

    fn begin_anew(&self, study: &str) -> Result<(), StoreError> {
        check_name(study)?;
        self.open()?.begin_anew(study)
    }

    fn cached(&self, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        self.open()?.cached(key)
    }

    fn remember(&self, key: &CacheKey, cached: &Cached) -> Result<(), StoreError> {
        self.open()?.remember(key, cached)
    }

    fn note(&self, study: &str, note: &RunNote) -> Result<(), StoreError> {
        check_name(study)?;
        self.open()?.note(study, note)
    }

    fn announce(&self, study: &str, underway: &Underway) {
        if let Some(store) = self.opened.get() {
            store.announce(study, underway);
        }
    }

    fn notes_on(&self, study: &str) -> Result<Vec<RunNote>, StoreError> {
        check_name(study)?;
        let read = |layout: Layout| log::read_all(&layout.log(&LogName::Runs(study.to_owned())));
        self.layout()?.map_or(Ok(Vec::new()), read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_testkit::store::header;

    #[test]
    fn asking_leaves_no_trace_and_writing_makes_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let store = DeferredStore::new(&path);
        assert_eq!(store.records("a").unwrap().len(), 0);
        assert_eq!(store.studies().unwrap(), [""; 0]);
        assert_eq!(store.notes_on("a").unwrap(), []);
        assert!(matches!(store.claim("../a"), Err(StoreError::BadName { .. })));
        assert!(!path.exists());
        let _claim = store.claim("a").unwrap();
        store.append("a", &header("a")).unwrap();
        assert_eq!(store.records("a").unwrap().len(), 1);
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused_when_it_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("holiday.jpg"), "x").unwrap();
        let store = DeferredStore::new(folder.path());
        assert!(matches!(store.records("a"), Err(StoreError::Damaged { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
