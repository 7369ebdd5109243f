//! The reference implementation: the contract of [`Store`] and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use attune_core::store::{CacheKey, Cached, Claim, Record, RunNote, Store, StoreError};

use crate::journal::misplaced;
use crate::known;
use crate::lock;
use crate::name::check_name;
use crate::wire::{self, WireError};

/// A store in memory, for tests: gone with its value, otherwise like the one on disk.
#[derive(Debug, Default)]
pub struct MemoryStore {
    kept: Mutex<Kept>,
    claimed: Arc<Mutex<BTreeSet<String>>>,
}

#[derive(Debug, Default)]
struct Kept {
    journals: BTreeMap<String, Vec<Record>>,
    cache: HashMap<CacheKey, Vec<Cached>>,
    runs: BTreeMap<String, Vec<RunNote>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Every change is one insertion: a panic elsewhere leaves nothing half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn claim(&self, study: &str) -> Result<Claim, StoreError> {
        check_name(study)?;
        let claimed = Arc::clone(&self.claimed);
        if !claimed.lock().unwrap_or_else(PoisonError::into_inner).insert(study.to_owned()) {
            return Err(lock::study_busy(study, std::process::id()));
        }
        let study = study.to_owned();
        Ok(Claim::new(move || {
            claimed.lock().unwrap_or_else(PoisonError::into_inner).remove(&study);
        }))
    }

    fn studies(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.kept().journals.keys().cloned().collect())
    }

    fn records(&self, study: &str) -> Result<Vec<Record>, StoreError> {
        check_name(study)?;
        Ok(self.kept().journals.get(study).cloned().unwrap_or_default())
    }

    fn append(&self, study: &str, record: &Record) -> Result<(), StoreError> {
        check_name(study)?;
        let refused = |reason| StoreError::BadRecord { study: study.to_owned(), reason };
        // What the store on disk could not write has no place in its stand-in either.
        wire::encode(record).map_err(|error: WireError| refused(error.to_string()))?;
        let mut kept = self.kept();
        let before = kept.journals.get(study).map_or(0, Vec::len) as u64;
        match misplaced(record, before) {
            Some(reason) => Err(refused(reason.to_owned())),
            None => {
                kept.journals.entry(study.to_owned()).or_default().push(record.clone());
                Ok(())
            }
        }
    }

    fn begin_anew(&self, study: &str) -> Result<(), StoreError> {
        check_name(study)?;
        let mut kept = self.kept();
        kept.journals.remove(study);
        kept.runs.remove(study);
        Ok(())
    }

    fn cached(&self, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        Ok(self.kept().cache.get(key).cloned().unwrap_or_default())
    }

    fn remember(&self, key: &CacheKey, cached: &Cached) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let entries = kept.cache.entry(key.clone()).or_default();
        if known::adds(entries, cached) {
            entries.push(cached.clone());
        }
        Ok(())
    }

    fn note(&self, study: &str, note: &RunNote) -> Result<(), StoreError> {
        check_name(study)?;
        self.kept().runs.entry(study.to_owned()).or_default().push(note.clone());
        Ok(())
    }

    fn notes_on(&self, study: &str) -> Result<Vec<RunNote>, StoreError> {
        check_name(study)?;
        Ok(self.kept().runs.get(study).cloned().unwrap_or_default())
    }
}
