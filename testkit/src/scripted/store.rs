//! A store in memory that can stop working at a chosen write.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use attune_core::store::{CacheKey, Cached, Claim, Record, RunNote, Store, StoreError};

/// Keeps everything until the process ends.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    records: BTreeMap<String, Vec<Record>>,
    cache: HashMap<CacheKey, Vec<Cached>>,
    notes: BTreeMap<String, Vec<RunNote>>,
    writes: usize,
    limit: Option<usize>,
}

impl MemoryStore {
    /// Lets `writes` more records and cache entries through and refuses the rest, as a kill at that moment would;
    /// `None` lets everything through.
    pub fn limit_writes(&self, writes: Option<usize>) {
        let mut state = self.lock();
        state.limit = writes.map(|writes| state.writes + writes);
    }

    /// Records and cache entries written so far.
    pub fn writes(&self) -> usize {
        self.lock().writes
    }

    /// Changes the records of a study behind everyone's back, to build a damaged journal.
    pub fn tamper(&self, study: &str, change: impl FnOnce(&mut Vec<Record>)) {
        change(self.lock().records.entry(study.to_owned()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        let mut state = self.lock();
        if state.limit.is_some_and(|limit| state.writes >= limit) {
            return Err(StoreError::Io {
                action: "write",
                path: "memory".to_owned(),
                source: std::io::Error::other("the store was told to stop here"),
            });
        }
        state.writes += 1;
        Ok(state)
    }
}

impl Store for MemoryStore {
    fn claim(&self, _: &str) -> Result<Claim, StoreError> {
        Ok(Claim::new(|| {}))
    }

    fn studies(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.lock().records.keys().cloned().collect())
    }

    fn records(&self, study: &str) -> Result<Vec<Record>, StoreError> {
        Ok(self.lock().records.get(study).cloned().unwrap_or_default())
    }

    fn append(&self, study: &str, record: &Record) -> Result<(), StoreError> {
        self.writing()?.records.entry(study.to_owned()).or_default().push(record.clone());
        Ok(())
    }

    fn begin_anew(&self, study: &str) -> Result<(), StoreError> {
        let mut state = self.writing()?;
        state.records.remove(study);
        state.notes.remove(study);
        Ok(())
    }

    fn cached(&self, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        Ok(self.lock().cache.get(key).cloned().unwrap_or_default())
    }

    fn remember(&self, key: &CacheKey, cached: &Cached) -> Result<(), StoreError> {
        self.writing()?.cache.entry(key.clone()).or_default().push(cached.clone());
        Ok(())
    }

    fn note(&self, study: &str, note: &RunNote) -> Result<(), StoreError> {
        self.lock().notes.entry(study.to_owned()).or_default().push(note.clone());
        Ok(())
    }

    fn notes_on(&self, study: &str) -> Result<Vec<RunNote>, StoreError> {
        Ok(self.lock().notes.get(study).cloned().unwrap_or_default())
    }
}
