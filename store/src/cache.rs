//! The cache: evaluations of all studies, in one log that every process appends to.
//!
//! A line is appended by whoever has the lock of the cache, one at a time and only for that. Whoever looks for an
//! evaluation takes in first what others appended since; so what one process has evaluated, no other evaluates
//! again. What this does not cover: two that look at the same moment, find nothing and both evaluate. The first to come
//! back is kept, and both are right.

use attune_core::store::{CacheKey, Cached, StoreError};

use crate::error;
use crate::index::Index;
use crate::known;
use crate::layout::{Layout, LogName};
use crate::lock::Lock;
use crate::log::{Log, Position};
use crate::note::Note;
use crate::settle::{End, check_length, known_end, settle};
use crate::wire::{self, Entry};

const CACHE: &str = "cache";

/// The log of evaluations and the index into it.
pub(crate) struct Cache {
    layout: Layout,
    index: Index,
    log: Log,
}

impl Cache {
    /// Opens the cache and takes in everything that the index lacks.
    pub(crate) fn open(layout: &Layout, notes: &mut Vec<Note>) -> Result<Self, StoreError> {
        let path = layout.log(&LogName::Cache);
        let is_new = !layout.database().exists();
        let mut index = Index::open(layout)?;
        let mut lock = Lock::turn(&layout.cache_lock())?;
        check_length(&path, lock.end(CACHE))?;
        if known_end(&path, index.end(), notes)? != index.end() {
            index.forget()?;
        }
        let mut cache = Self { layout: layout.clone(), log: Log::new(path, index.end()), index };
        let end = cache.take_in(End::Cut, notes)?;
        lock.acknowledge(CACHE, end);
        cache.index.flush()?;
        if is_new && end.lines > 0 && layout.database().exists() {
            notes.push(Note::Indexed { path: layout.database().display().to_string(), lines: end.lines });
        }
        Ok(cache)
    }

    /// Everything that is kept under a key, oldest first. The log may hold more: lines that add no item, written
    /// when a number of items was part of the key.
    pub(crate) fn cached(&mut self, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        if self.log.has_grown()? {
            let _lock = Lock::reading(&self.layout.cache_lock())?;
            self.take_in(End::Leave, &mut vec![])?;
        }
        self.look_up(key)
    }

    /// Keeps an evaluation that adds an item; durable when this returns.
    pub(crate) fn remember(
        &mut self,
        key: &CacheKey,
        cached: &Cached,
        json: &str,
        notes: &mut Vec<Note>,
    ) -> Result<(), StoreError> {
        let mut lock = Lock::turn(&self.layout.cache_lock())?;
        self.take_in(End::Cut, notes)?;
        if !known::adds(&self.look_up(key)?, cached) {
            return Ok(());
        }
        let span = self.log.append(json)?;
        lock.acknowledge(CACHE, span.end());
        self.index.add(key, span)
    }

    fn look_up(&mut self, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        let mut kept = vec![];
        for span in self.index.cached(key)? {
            let (found, cached) = self.log.read::<Entry>(span)?;
            if found != *key {
                return Err(self.index.misleading(&self.layout));
            }
            if known::adds(&kept, &cached) {
                kept.push(cached);
            }
        }
        Ok(kept)
    }

    /// Takes in the lines that others appended, with the lock of the cache.
    fn take_in(&mut self, bad_end: End, notes: &mut Vec<Note>) -> Result<Position, StoreError> {
        let path = self.layout.log(&LogName::Cache);
        let index = &mut self.index;
        let end = settle(&path, index.end(), bad_end, notes, &mut |span, json| {
            let (key, _): Entry =
                wire::decode(json).map_err(|fault| error::bad_record(&path, span.line, &fault))?;
            index.add(&key, span)
        })?;
        self.log.go_on_from(end);
        Ok(end)
    }
}

/// What is wrong with the index on disk, unless another process has it open.
pub(crate) fn check(layout: &Layout) -> Result<(), StoreError> {
    check_length(&layout.log(&LogName::Cache), crate::lock::holder(&layout.cache_lock()).end(CACHE))?;
    if layout.database().exists() {
        Index::open_on_disk(layout)?;
    }
    Ok(())
}
