//! The store on disk: logs of text, and an index on sled that points into them.

use std::collections::HashMap;
use std::collections::hash_map;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use attune_core::store::{CacheKey, Cached, Record, RunNote, Store, StoreError};

use crate::error::io;
use crate::index::Index;
use crate::journal;
use crate::known;
use crate::layout::{Layout, LogName};
use crate::lock::Lock;
use crate::log::{self, Log, Span};
use crate::name::check_name;
use crate::note::Note;
use crate::settle::settle;
use crate::wire::{self, Entry, Wire, WireError};

/// A store in a folder, open for writing. One process at a time; others read with
/// [`ReadStore`](crate::ReadStore).
///
/// A write returns when its line is synced in a log and the index is flushed. After an error the caller
/// knows nothing about that one record (it may be there when the store is opened again) and everything
/// before it is safe. When the disk is full, writes fail and reads go on.
pub struct SledStore {
    layout: Layout,
    notes: Vec<Note>,
    // Declared, and so dropped, before the lock.
    open: Mutex<Open>,
    _lock: Lock,
}

struct Open {
    index: Index,
    logs: HashMap<LogName, Log>,
    /// The index could not be written: what it holds on disk is unknown until it is opened again.
    index_failed: bool,
}

impl SledStore {
    /// Opens the store in `path`, or creates it where there is nothing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another process has it open; [`StoreError::Damaged`] and
    /// [`StoreError::Version`] when the folder is no store, the cache or the index cannot be used.
    /// A journal that cannot be used is a [note](Self::notes), and an error when it is asked for.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let layout = Layout::claim(path)?;
        let lock = Lock::take(&layout)?;
        Self::open_locked(layout, lock)
    }

    pub(crate) fn open_locked(layout: Layout, lock: Lock) -> Result<Self, StoreError> {
        layout.create()?;
        let database = layout.database();
        let is_new = !database.exists();
        let index = Index::open(&database)?;
        let mut notes = vec![];
        let mut logs = layout.logs()?;
        let gone: Vec<LogName> = index.logs()?.into_iter().filter(|log| !logs.contains(log)).collect();
        logs.extend(gone);
        let mut lines = 0;
        for log in &logs {
            match settle(&layout, &index, log, &mut notes) {
                Ok(end) => lines += end.lines,
                Err(error) if *log == LogName::Cache => return Err(error),
                Err(error) => notes.push(Note::Unusable { error: error.to_string() }),
            }
        }
        if is_new && lines > 0 {
            notes.push(Note::Indexed { path: database.display().to_string(), lines });
        }
        let open = Open { index, logs: HashMap::new(), index_failed: false };
        Ok(Self { layout, notes, open: Mutex::new(open), _lock: lock })
    }

    /// What was found when the store was opened, for people.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    fn open_part(&self) -> MutexGuard<'_, Open> {
        // A panic while the lock was held left positions as they were before the write.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// The log, opened on first use. Settling it again finds nothing new, except in a log that could not be
    /// settled when the store was opened: that error is repeated here.
    fn log(&mut self, layout: &Layout, name: LogName) -> Result<&mut Log, StoreError> {
        match self.logs.entry(name) {
            hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            hash_map::Entry::Vacant(entry) => {
                let end = settle(layout, &self.index, entry.key(), &mut vec![])?;
                let path = layout.log(entry.key());
                Ok(entry.insert(Log::open(path, end)?))
            }
        }
    }

    /// Everything that is kept under a key, oldest first. The log may hold more: lines that add no item, written
    /// when a number of items was part of the key.
    fn cached(&mut self, layout: &Layout, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        let mut kept = vec![];
        for span in self.index.cached(key)? {
            let (found, cached) = self.log(layout, LogName::Cache)?.read::<Entry>(span)?;
            if found != *key {
                return Err(self.index.damaged("it points to another evaluation than the one asked for"));
            }
            if known::adds(&kept, &cached) {
                kept.push(cached);
            }
        }
        Ok(kept)
    }

    fn append(
        &mut self,
        layout: &Layout,
        name: LogName,
        json: &str,
        also: impl FnOnce(&Index, Span) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if self.index_failed {
            let reason = "an earlier write to it failed; start attune again";
            return Err(io("write", &layout.database())(io::Error::other(reason)));
        }
        let span = self.log(layout, name.clone())?.append(json)?;
        let index = &self.index;
        let indexed =
            also(index, span).and_then(|()| index.add_line(&name, span)).and_then(|()| index.flush());
        self.index_failed = indexed.is_err();
        indexed
    }
}

impl Store for SledStore {
    fn studies(&self) -> Result<Vec<String>, StoreError> {
        journal::studies(&self.layout)
    }

    fn records(&self, study: &str) -> Result<Vec<Record>, StoreError> {
        check_name(study)?;
        let name = LogName::Journal(study.to_owned());
        let mut open = self.open_part();
        if self.layout.log(&name).exists() {
            // Notices a truncated journal, which the text alone does not show.
            open.log(&self.layout, name)?;
        }
        journal::records(&self.layout, study)
    }

    fn append(&self, study: &str, record: &Record) -> Result<(), StoreError> {
        check_name(study)?;
        let name = LogName::Journal(study.to_owned());
        let json = encode(study, record)?;
        let mut open = self.open_part();
        let before = open.log(&self.layout, name.clone())?.end().lines;
        if let Some(reason) = journal::misplaced(record, before) {
            return Err(bad_record(study, reason.to_owned()));
        }
        open.append(&self.layout, name, &json, |_, _| Ok(()))
    }

    fn cached(&self, key: &CacheKey) -> Result<Vec<Cached>, StoreError> {
        self.open_part().cached(&self.layout, key)
    }

    fn remember(&self, key: &CacheKey, cached: &Cached) -> Result<(), StoreError> {
        let mut open = self.open_part();
        if !known::adds(&open.cached(&self.layout, key)?, cached) {
            return Ok(());
        }
        let json = encode(&cached.origin.study, &(key.clone(), cached.clone()))?;
        open.append(&self.layout, LogName::Cache, &json, |index, span| index.add_cached(key, span))
    }

    fn note(&self, study: &str, note: &RunNote) -> Result<(), StoreError> {
        check_name(study)?;
        let json = encode(study, note)?;
        self.open_part().append(&self.layout, LogName::Runs(study.to_owned()), &json, |_, _| Ok(()))
    }

    fn notes_on(&self, study: &str) -> Result<Vec<RunNote>, StoreError> {
        check_name(study)?;
        let _open = self.open_part();
        log::read_all(&self.layout.log(&LogName::Runs(study.to_owned())))
    }
}

/// What is written is guaranteed to be readable; what would not be is refused before it is written.
fn encode<T: Wire>(study: &str, record: &T) -> Result<String, StoreError> {
    wire::encode(record).map_err(|error: WireError| bad_record(study, error.to_string()))
}

fn bad_record(study: &str, reason: String) -> StoreError {
    StoreError::BadRecord { study: study.to_owned(), reason }
}
