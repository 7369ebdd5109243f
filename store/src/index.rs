//! The index: where each acknowledged line and each cached evaluation is in the logs.
//!
//! It holds nothing that the logs do not hold, so it can be thrown away and filled again. It is what makes
//! opening a store and finding an evaluation independent of how much is stored, and it remembers how long
//! every log was, so that a truncated one is noticed. The only place that knows sled.
//!
//! Keys are only ever added (`log ‖ 0 ‖ line number` for lines, `hash of the key ‖ line number` for evaluations,
//! numbers big-endian), because sled grows when hot keys are overwritten; values stay far below the size at
//! which it moves them into files of their own.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use attune_core::evaluator::Split;
use attune_core::hash::ContentHash;
use attune_core::store::{CacheKey, StoreError};

use crate::error::{self, REPAIR, io};
use crate::layout::LogName;
use crate::log::{Position, Span};

/// sled's own default is a gigabyte; the index is a few bytes per line.
const CACHE_BYTES: u64 = 64 << 20;
/// First byte of every value.
const VALUE_VERSION: u8 = 1;
/// sled gives its file back a moment after the last handle is dropped.
const LOCK_ATTEMPTS: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// An open index.
pub(crate) struct Index {
    path: PathBuf,
    db: sled::Db,
    lines: sled::Tree,
    cache: sled::Tree,
}

impl Index {
    /// Opens or creates the index in `path`, for the holder of the store's lock.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let config = sled::Config::new().path(path).cache_capacity(CACHE_BYTES);
        let mut attempts = 0;
        let db = loop {
            match config.open() {
                Err(sled::Error::Io(error))
                    if attempts < LOCK_ATTEMPTS && error.to_string().contains("could not acquire lock") =>
                {
                    attempts += 1;
                    sleep(LOCK_PAUSE);
                }
                opened => break opened.map_err(|error| failed(path, "open", error))?,
            }
        };
        let tree = |name| db.open_tree(name).map_err(|error| failed(path, "open", error));
        let (lines, cache) = (tree("lines")?, tree("cache")?);
        Ok(Self { path: path.to_owned(), db, lines, cache })
    }

    /// Where the last known line of a log ends.
    pub(crate) fn end(&self, log: &LogName) -> Result<Position, StoreError> {
        match self.lines.scan_prefix(prefix(log)).next_back() {
            None => Ok(Position::default()),
            Some(entry) => {
                let (_, value) = entry.map_err(|error| failed(&self.path, "read", error))?;
                Ok(self.span(&value)?.end())
            }
        }
    }

    /// Notes a line; durable after [`flush`](Self::flush).
    pub(crate) fn add_line(&self, log: &LogName, span: Span) -> Result<(), StoreError> {
        let mut key = prefix(log);
        key.extend(span.line.to_be_bytes());
        let added = self.lines.insert(key, value(span));
        added.map(drop).map_err(|error| failed(&self.path, "write", error))
    }

    /// Where the evaluations of a key are in the cache log, oldest first.
    pub(crate) fn cached(&self, key: &CacheKey) -> Result<Vec<Span>, StoreError> {
        let found = self.cache.scan_prefix(cache_key(key)).values();
        found.map(|value| self.span(&value.map_err(|error| failed(&self.path, "read", error))?)).collect()
    }

    /// Notes an evaluation; durable after [`flush`](Self::flush).
    pub(crate) fn add_cached(&self, key: &CacheKey, span: Span) -> Result<(), StoreError> {
        // Numbered by line, so that noting a line again after a kill changes nothing.
        let key = [cache_key(key).as_slice(), &span.line.to_be_bytes()].concat();
        let added = self.cache.insert(key, value(span));
        added.map(drop).map_err(|error| failed(&self.path, "write", error))
    }

    /// Every log that has lines in the index.
    pub(crate) fn logs(&self) -> Result<Vec<LogName>, StoreError> {
        let mut logs = vec![];
        let mut from = vec![];
        while let Some(entry) = self.lines.range(from..).next() {
            let (key, _) = entry.map_err(|error| failed(&self.path, "read", error))?;
            let name = key.split(|byte| *byte == 0).next().unwrap_or_default();
            let log = std::str::from_utf8(name).ok().and_then(LogName::from_key);
            logs.push(log.ok_or_else(|| self.damaged("the key of a line names no log"))?);
            // The first key behind all lines of this log: 1 follows the separator 0.
            from = [name, &[1]].concat();
        }
        Ok(logs)
    }

    /// Forgets a log.
    pub(crate) fn forget(&self, log: &LogName) -> Result<(), StoreError> {
        let forget = || {
            for key in self.lines.scan_prefix(prefix(log)).keys() {
                self.lines.remove(key?)?;
            }
            if *log == LogName::Cache {
                self.cache.clear()?;
            }
            self.db.flush()
        };
        forget().map(drop).map_err(|error| failed(&self.path, "write", error))
    }

    /// Makes everything before it durable: an insert that returned is not.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map(drop).map_err(|error| failed(&self.path, "write", error))
    }

    /// Something in the index that it never writes.
    pub(crate) fn damaged(&self, detail: &str) -> StoreError {
        error::damaged(&self.path, "an entry".to_owned(), detail.to_owned())
    }

    fn span(&self, value: &[u8]) -> Result<Span, StoreError> {
        let chunks = value.strip_prefix(&[VALUE_VERSION]).map(<[u8]>::as_chunks::<8>);
        let Some((&[line, offset, length], &[])) = chunks else {
            return Err(self.damaged("a place in a log has an unknown form"));
        };
        Ok(Span {
            line: u64::from_be_bytes(line),
            offset: u64::from_be_bytes(offset),
            length: u64::from_be_bytes(length),
        })
    }
}

fn prefix(log: &LogName) -> Vec<u8> {
    let mut key = log.key().into_bytes();
    key.push(0);
    key
}

fn value(span: Span) -> Vec<u8> {
    let mut value = vec![VALUE_VERSION];
    for number in [span.line, span.offset, span.length] {
        value.extend(number.to_be_bytes());
    }
    value
}

fn cache_key(key: &CacheKey) -> [u8; 32] {
    let (kind, domain) = match &key.split {
        Split::Selection => ("selection", ""),
        Split::Report => ("report", ""),
        Split::Elsewhere(domain) => ("elsewhere", domain.as_str()),
    };
    *ContentHash::of_parts([
        key.model.as_bytes().as_slice(),
        key.task.as_bytes(),
        kind.as_bytes(),
        domain.as_bytes(),
        key.plan.as_bytes(),
        key.numerics.as_bytes(),
    ])
    .as_bytes()
}

fn failed(path: &Path, action: &'static str, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => io(action, path)(error),
        sled::Error::Unsupported(found) => StoreError::Version {
            path: path.display().to_string(),
            found,
            expected: "sled 0.34.7".to_owned(),
            hint: REPAIR.to_owned(),
        },
        sled::Error::Corruption { .. } => {
            error::damaged(path, "a page".to_owned(), "it does not match its checksum".to_owned())
        }
        sled::Error::ReportableBug(fault) => error::damaged(path, "a page".to_owned(), fault),
        sled::Error::CollectionNotFound(name) => {
            let tree = String::from_utf8_lossy(&name).into_owned();
            error::damaged(path, format!("tree `{tree}`"), "there is no such tree".to_owned())
        }
    }
}
