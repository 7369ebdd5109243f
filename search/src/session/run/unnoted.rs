//! A store whose studies are only looked at: evaluations are kept, and nothing is written down of who needed them.

use std::sync::Arc;

use attune_core::store::{CacheKey, Cached, Claim, Record, RunNote, Store, StoreError};

/// The store without its notes and its announcements; nobody who has it writes records.
pub(super) struct Unnoted(pub(super) Arc<dyn Store>);

impl Store for Unnoted {
    fn claim(&self, study: &str) -> Result<Claim, StoreError> {
        self.0.claim(study)
    }

    fn studies(&self) -> Result<Vec<String>, StoreError> {
        self.0.studies()
    }

    fn records(&self, study: &str) -> Result<Vec<Record>, StoreError> {
        self.0.records(study)
    }

    fn append(&self, study: &str, record: &Record) -> Result<(), StoreError> {
        self.0.append(study, record)
    }

    fn begin_anew(&self, study: &str) -> Result<(), StoreError> {
        self.0.begin_anew(study)
    }

    fn cached(&self, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        self.0.cached(key)
    }

    fn remember(&self, key: &CacheKey, cached: &Cached) -> Result<(), StoreError> {
        self.0.remember(key, cached)
    }

    fn note(&self, _: &str, _: &RunNote) -> Result<(), StoreError> {
        Ok(())
    }

    fn notes_on(&self, study: &str) -> Result<Vec<RunNote>, StoreError> {
        self.0.notes_on(study)
    }
}
