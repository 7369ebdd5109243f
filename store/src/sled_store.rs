//! The store on disk: logs of text, and an index on sled that points into them.

use std::collections::BTreeMap;
use std::mem::take;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use attune_core::event::Underway;
use attune_core::store::{CacheKey, Cached, Claim, Record, RunNote, Store, StoreError};

use crate::cache::Cache;
use crate::claimed::Claimed;
use crate::journal;
use crate::layout::{Layout, LogName};
use crate::lock::{self, Lock};
use crate::log;
use crate::name::check_name;
use crate::note::Note;
use crate::wire::{self, Wire, WireError};

/// A store in a folder, open for writing. Any number of processes have it open, each with studies of its own; who only
/// looks uses [`ReadStore`](crate::ReadStore).
///
/// A write returns when its line is synced in a log. After an error the caller
/// knows nothing about that one record (it may be there when the store is opened again) and everything
/// before it is safe. When the disk is full, writes fail and reads go on.
pub struct SledStore {
    shared: Arc<Shared>,
}

/// What the store and the claims on its studies hold together.
struct Shared {
    layout: Layout,
    cache: Mutex<Cache>,
    studies: Mutex<BTreeMap<String, Arc<Mutex<Claimed>>>>,
    notes: Mutex<Vec<Note>>,
    /// Others share it; who repairs needs it alone.
    _lock: Lock,
}

impl SledStore {
    /// Opens the store in `path`, or creates it where there is nothing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process repairs it; [`StoreError::Damaged`] and
    /// [`StoreError::Version`] when the folder is no store, the cache or the index cannot be used.
    /// A journal that cannot be used is an error when it is asked for.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let layout = Layout::claim(path)?;
        let Some(lock) = Lock::shared(&layout.lock())? else { return Err(busy(&layout)) };
        Self::open_locked(layout, lock)
    }

    pub(crate) fn open_locked(layout: Layout, lock: Lock) -> Result<Self, StoreError> {
        layout.create()?;
        let mut notes = vec![];
        let cache = Mutex::new(Cache::open(&layout, &mut notes)?);
        let (studies, notes) = (Mutex::default(), Mutex::new(notes));
        Ok(Self { shared: Arc::new(Shared { layout, cache, studies, notes, _lock: lock }) })
    }

    /// What was found since this was asked last, for people: when the store was opened, and when a study was claimed.
    pub fn notes(&self) -> Vec<Note> {
        take(&mut *held(&self.shared.notes))
    }
}

impl Shared {
    fn claim(self: &Arc<Self>, study: &str) -> Result<(Arc<Mutex<Claimed>>, Claim), StoreError> {
        check_name(study)?;
        let mut studies = held(&self.studies);
        if studies.contains_key(study) {
            return Err(lock::study_busy(study, std::process::id()));
        }
        let claimed = Claimed::take(&self.layout, study, &mut held(&self.notes))?;
        let claimed = Arc::new(Mutex::new(claimed));
        studies.insert(study.to_owned(), Arc::clone(&claimed));
        let (shared, study) = (Arc::clone(self), study.to_owned());
        Ok((claimed, Claim::new(move || drop(held(&shared.studies).remove(&study)))))
    }

    /// Writes to a study that this store has claimed, or claims it for that.
    fn write(
        self: &Arc<Self>,
        study: &str,
        write: impl FnOnce(&mut Claimed) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        check_name(study)?;
        let known = held(&self.studies).get(study).cloned();
        match known {
            Some(claimed) => write(&mut held(&claimed)),
            None => {
                let (claimed, _claim) = self.claim(study)?;
                write(&mut held(&claimed))
            }
        }
    }
}

impl Store for SledStore {
    fn claim(&self, study: &str) -> Result<Claim, StoreError> {
        Ok(self.shared.claim(study)?.1)
    }

    fn studies(&self) -> Result<Vec<String>, StoreError> {
        journal::studies(&self.shared.layout)
    }

    fn records(&self, study: &str) -> Result<Vec<Record>, StoreError> {
        check_name(study)?;
        journal::records(&self.shared.layout, study)
    }

    fn append(&self, study: &str, record: &Record) -> Result<(), StoreError> {
        let json = encode(study, record)?;
        self.shared.write(study, |claimed| {
            let before = claimed.records();
            if let Some(reason) = journal::misplaced(record, before) {
                return Err(bad_record(study, reason.to_owned()));
            }
            claimed.append_record(&json)
        })
    }

    fn begin_anew(&self, study: &str) -> Result<(), StoreError> {
        self.shared.write(study, |claimed| claimed.clear(&self.shared.layout, study))
    }

    fn cached(&self, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        held(&self.shared.cache).cached(key)
    }

    fn remember(&self, key: &CacheKey, cached: &Cached) -> Result<(), StoreError> {
        let json = encode(&cached.origin.study, &(key.clone(), cached.clone()))?;
        held(&self.shared.cache).remember(key, cached, &json, &mut held(&self.shared.notes))
    }

    fn note(&self, study: &str, note: &RunNote) -> Result<(), StoreError> {
        let json = encode(study, note)?;
        self.shared.write(study, |claimed| claimed.append_note(&json))
    }

    fn announce(&self, study: &str, underway: &Underway) {
        let claimed = held(&self.shared.studies).get(study).cloned();
        if let Some(claimed) = claimed {
            held(&claimed).announce(underway);
        }
    }

    fn notes_on(&self, study: &str) -> Result<Vec<RunNote>, StoreError> {
        check_name(study)?;
        log::read_all(&self.shared.layout.log(&LogName::Runs(study.to_owned())))
    }
}

pub(crate) fn busy(layout: &Layout) -> StoreError {
    let owner = lock::owner(lock::holder(&layout.lock()).process);
    StoreError::Busy { path: layout.root().display().to_string(), owner }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while it was held left positions as they were before the write.
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is written is guaranteed to be readable; what would not be is refused before it is written.
fn encode<T: Wire>(study: &str, record: &T) -> Result<String, StoreError> {
    wire::encode(record).map_err(|error: WireError| bad_record(study, error.to_string()))
}

fn bad_record(study: &str, reason: String) -> StoreError {
    StoreError::BadRecord { study: study.to_owned(), reason }
}
