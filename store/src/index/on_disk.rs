//! The index on disk. The only place that knows sled.
//!
//! Keys are only ever added (`log ‖ 0 ‖ line number` for lines, `hash of the key ‖ line number` for evaluations,
//! numbers big-endian), because sled grows when hot keys are overwritten; values stay far below the size at
//! which it moves them into files of their own.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::{panicking, sleep};
use std::time::Duration;

use attune_core::panics;
use attune_core::store::StoreError;

use crate::error::{self, REPAIR};
use crate::log::{Position, Span};
use crate::own_file;

/// sled's own default is a gigabyte; the index is a few bytes per line.
const CACHE_BYTES: u64 = 64 << 20;
/// First byte of every value.
const VALUE_VERSION: u8 = 1;
/// What the keys of lines begin with. Earlier versions had lines of other logs beside them.
const LINES: &[u8] = b"cache\0";
/// sled gives its file back a moment after the last handle is dropped.
const LOCK_ATTEMPTS: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// An open index on disk.
pub(crate) struct OnDisk {
    path: PathBuf,
    /// `None` only while it is dropped.
    tables: Option<Tables>,
}

struct Tables {
    db: sled::Db,
    lines: sled::Tree,
    cache: sled::Tree,
}

impl OnDisk {
    /// Opens or creates the index in `path`; `None` when sled's file stays locked, which it does in a process that could
    /// not close it.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        own_file::check_tree(path)?;
        // Without a time of its own to sync at, it does so only when it is told to, and says how that went.
        let config = sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(None);
        let mut attempts = 0;
        let db = loop {
            match config.open() {
                // The operating system reports nothing under this kind; sled reports its lock.
                Err(sled::Error::Io(error)) if error.kind() == io::ErrorKind::Other => {
                    if attempts == LOCK_ATTEMPTS {
                        return Ok(None);
                    }
                    attempts += 1;
                    sleep(LOCK_PAUSE);
                }
                opened => break opened.map_err(|error| failed(path, "open", error))?,
            }
        };
        let tree = |name| db.open_tree(name).map_err(|error| failed(path, "open", error));
        let (lines, cache) = (tree("lines")?, tree("cache")?);
        let tables = Some(Tables { db, lines, cache });
        Ok(Some(Self { path: path.to_owned(), tables }))
    }

    /// Where the last known line ends.
    pub(crate) fn end(&self) -> Result<Position, StoreError> {
        match self.tables()?.lines.scan_prefix(LINES).next_back() {
            None => Ok(Position::default()),
            Some(entry) => {
                let (_, value) = entry.map_err(|error| self.failed("read", error))?;
                Ok(self.span(&value)?.end())
            }
        }
    }

    /// Where the evaluations of a key are, oldest first.
    pub(crate) fn cached(&self, key: &[u8; 32]) -> Result<Vec<Span>, StoreError> {
        let found = self.tables()?.cache.scan_prefix(key).values();
        found.map(|value| self.span(&value.map_err(|error| self.failed("read", error))?)).collect()
    }

    /// Notes an evaluation; durable after [`flush`](Self::flush).
    pub(crate) fn add(&self, key: &[u8; 32], span: Span) -> Result<(), StoreError> {
        let (tables, line) = (self.tables()?, span.line.to_be_bytes());
        // Numbered by line, so that noting a line again after a kill changes nothing; the line last, because what is
        // there of it says that the evaluation is.
        let cached = tables.cache.insert([key.as_slice(), &line].concat(), value(span));
        let noted = cached.and_then(|_| tables.lines.insert([LINES, &line].concat(), value(span)));
        noted.map(drop).map_err(|error| self.failed("write", error))
    }

    /// Forgets everything.
    pub(crate) fn forget(&self) -> Result<(), StoreError> {
        let Tables { db, lines, cache } = self.tables()?;
        let forget = || {
            lines.clear()?;
            cache.clear()?;
            db.flush()
        };
        forget().map(drop).map_err(|error| self.failed("write", error))
    }

    /// Makes everything before it durable: an insert that returned is not.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.tables()?.db.flush().map(drop).map_err(|error| self.failed("write", error))
    }

    /// Something in the index that it never writes.
    pub(crate) fn damaged(&self, detail: &str) -> StoreError {
        error::damaged(&self.path, "an entry".to_owned(), detail.to_owned())
    }

    fn tables(&self) -> Result<&Tables, StoreError> {
        self.tables.as_ref().ok_or_else(|| self.damaged("it is closed"))
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

    fn failed(&self, action: &'static str, error: sled::Error) -> StoreError {
        failed(&self.path, action, error)
    }
}

impl Drop for OnDisk {
    /// sled panics when its last sync fails while it is dropped. Whatever that sync was about is in the cache log, so a
    /// database that cannot be synced stays open until the process ends, and a panic is not worth a word.
    fn drop(&mut self) {
        let tables = self.tables.take();
        let synced = tables.as_ref().is_none_or(|tables| tables.db.flush().is_ok());
        // While another panic is on its way, a second one would end the process.
        if synced && !panicking() {
            drop(panics::quietly(|| drop(tables)));
        } else {
            std::mem::forget(tables);
        }
    }
}

fn value(span: Span) -> Vec<u8> {
    let mut value = vec![VALUE_VERSION];
    for number in [span.line, span.offset, span.length] {
        value.extend(number.to_be_bytes());
    }
    value
}

fn failed(path: &Path, action: &'static str, error: sled::Error) -> StoreError {
    match error {
        sled::Error::Io(error) => error::io(action, path)(error),
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
