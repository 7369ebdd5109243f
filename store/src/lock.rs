//! Locks between processes, and what their holders write down.
//!
//! A lock is a file that the operating system lets one process hold, or several share. The operating system ends it with
//! the process, however that ends. What it does not cover: file systems that do not implement locks between machines.
//!
//! The file holds one sealed line: the process that holds it, and where the logs that it guards ended when their last
//! line was acknowledged; and, while it is held for a study, how far the study is. So a log that lost lines is noticed,
//! by whoever reads it. The line is written after the log is synced and not synced itself: after a power failure it may
//! be older than the log, never newer.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use attune_core::event::{Advance, Phase, Underway};
use attune_core::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::error::io;
use crate::line;
use crate::log::Position;
use crate::own_file;

// A process that was just killed, or somebody who looks whether a lock is held, has it a moment longer.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);
/// How long to wait for a lock that others hold for one write at a time.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than any holder writes down.
const LONGEST: u64 = 4096;
/// Characters of what is being measured or scored.
const LONGEST_WHAT: usize = 200;

/// A lock that this process holds, alone or with others.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
    holder: Holder,
}

/// What a lock file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Holder {
    /// The process that holds it, or held it last.
    #[serde(default)]
    pub(crate) process: u32,
    /// Lines and bytes of each log, by name.
    #[serde(default)]
    ends: BTreeMap<String, (u64, u64)>,
    /// How far the work is that it is held for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    underway: Option<Announced>,
}

/// As [`Underway`], with phases by name: evaluations that are done, that there are, and that this run evaluated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Announced {
    phases: BTreeMap<String, (u64, u64, u64)>,
    running: String,
    what: String,
}

impl From<&Underway> for Announced {
    fn from(underway: &Underway) -> Self {
        let phase = |Advance { phase, done, total, evaluated }: &Advance| {
            (phase.name().to_owned(), (*done, *total, *evaluated))
        };
        Self {
            phases: underway.phases.iter().map(phase).collect(),
            running: underway.running.map_or("", Phase::name).to_owned(),
            what: underway.what.chars().take(LONGEST_WHAT).collect(),
        }
    }
}

impl Announced {
    fn underway(&self) -> Underway {
        let phase = |(name, &(done, total, evaluated)): (&String, &(u64, u64, u64))| {
            Some(Advance { phase: Phase::named(name)?, done, total, evaluated })
        };
        Underway {
            phases: self.phases.iter().filter_map(phase).collect(),
            running: Phase::named(&self.running),
            what: self.what.clone(),
        }
    }
}

impl Holder {
    /// Where a log ended when its last line was acknowledged.
    pub(crate) fn end(&self, log: &str) -> Position {
        self.ends.get(log).map_or_else(Position::default, |&(lines, bytes)| Position { lines, bytes })
    }

    /// How far the work is that the lock is held for, if its holder says so.
    pub(crate) fn underway(&self) -> Option<Underway> {
        self.underway.as_ref().map(Announced::underway)
    }
}

impl Lock {
    /// The lock alone; `None` when somebody else has it.
    pub(crate) fn alone(path: &Path) -> Result<Option<Self>, StoreError> {
        attempt(path, File::try_lock)?.map(|file| Self::held(path, file)).transpose()
    }

    /// The lock together with others; `None` when somebody has it alone. Writes nothing into the file.
    pub(crate) fn shared(path: &Path) -> Result<Option<Self>, StoreError> {
        let holder = |file| Self { path: path.to_owned(), file, holder: Holder::default() };
        Ok(attempt(path, File::try_lock_shared)?.map(holder))
    }

    /// The lock alone, for one write, after everybody who has it now.
    pub(crate) fn turn(path: &Path) -> Result<Self, StoreError> {
        let file = wait(path, File::try_lock)?;
        let holder = said(&file).map_err(io("read", path))?;
        Ok(Self { path: path.to_owned(), file, holder })
    }

    /// The lock together with others who read, after whoever writes now.
    pub(crate) fn reading(path: &Path) -> Result<Self, StoreError> {
        let file = wait(path, File::try_lock_shared)?;
        Ok(Self { path: path.to_owned(), file, holder: Holder::default() })
    }

    fn held(path: &Path, file: File) -> Result<Self, StoreError> {
        let before = said(&file).map_err(io("read", path))?;
        let holder = Holder { process: std::process::id(), underway: None, ..before };
        let mut lock = Self { path: path.to_owned(), file, holder };
        lock.say().map_err(io("write", path))?;
        Ok(lock)
    }

    /// Where a log ended when its last line was acknowledged.
    pub(crate) fn end(&self, log: &str) -> Position {
        self.holder.end(log)
    }

    /// Writes down where a log ends now.
    pub(crate) fn acknowledge(&mut self, log: &str, end: Position) {
        self.holder.ends.insert(log.to_owned(), (end.lines, end.bytes));
        // The line is in its log, synced. Not knowing how long the log was weakens a check and loses nothing.
        let _ = self.say();
    }

    /// Writes down how far the work is.
    pub(crate) fn announce(&mut self, underway: &Underway) {
        self.holder.underway = Some(underway.into());
        // Nothing depends on it.
        let _ = self.say();
    }

    /// Forgets where logs ended.
    pub(crate) fn forget(&mut self) -> Result<(), StoreError> {
        self.holder.ends.clear();
        self.say().map_err(io("write", &self.path))
    }

    /// Takes over what another lock knows about its logs.
    pub(crate) fn take_over(&mut self, other: &Self) -> Result<(), StoreError> {
        self.holder.ends = other.holder.ends.clone();
        self.say().map_err(io("write", &self.path))
    }

    /// Removes the file: whoever opened it to wait for the lock opens the next one.
    #[cfg(unix)]
    pub(crate) fn remove(self) -> Result<(), StoreError> {
        std::fs::remove_file(&self.path).map_err(io("remove", &self.path))
    }

    /// Elsewhere a file that somebody waits for cannot be removed.
    #[cfg(not(unix))]
    pub(crate) fn remove(self) -> Result<(), StoreError> {
        Ok(())
    }

    fn say(&mut self) -> io::Result<()> {
        let line = line::seal(&serde_json::to_string(&self.holder)?);
        self.file.rewind()?;
        self.file.write_all(line.as_bytes())?;
        self.file.set_len(line.len() as u64)
    }
}

/// What a lock file says, without taking the lock.
pub(crate) fn holder(path: &Path) -> Holder {
    own_file::read(path).and_then(|file| said(&file)).unwrap_or_default()
}

/// Who has a lock alone right now; process 0 does not say who it is.
pub(crate) fn taken(path: &Path) -> Result<Option<Holder>, StoreError> {
    let file = match own_file::read(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io("open", path)(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(holder(path))),
        Err(TryLockError::Error(error)) => Err(io("look at", path)(error)),
    }
}

fn attempt(path: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Option<File>, StoreError> {
    let mut attempts = 1;
    loop {
        match once(path, lock)? {
            None if attempts < ATTEMPTS => sleep(PAUSE),
            other => return Ok(other),
        }
        attempts += 1;
    }
}

fn wait(path: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<File, StoreError> {
    let since = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(file) = once(path, lock)? {
            return Ok(file);
        }
        if since.elapsed() > PATIENCE {
            let store = path.parent().unwrap_or(path).display().to_string();
            return Err(StoreError::Busy { path: store, owner: owner(holder(path).process) });
        }
        sleep(pause);
        pause = (2 * pause).min(PAUSE);
    }
}

fn once(path: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Option<File>, StoreError> {
    loop {
        let file = own_file::create(path).map_err(io("open", path))?;
        match lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(io("lock", path)(no_locks(error))),
        }
        // Removed between opening and locking: that lock is nobody's.
        if own_file::is_at(&file, path).map_err(io("look at", path))? {
            return Ok(Some(file));
        }
    }
}

/// Locks fail for one reason in practice.
fn no_locks(error: io::Error) -> io::Error {
    let text = format!("{error}; choose a store on a file system that has locks with --store DIR");
    io::Error::new(error.kind(), text)
}

/// What a file says that was opened as a lock. Text that no attune wrote is not overwritten: the file may have another
/// name elsewhere. Older versions wrote the number of the process alone.
fn said(mut file: &File) -> io::Result<Holder> {
    file.rewind()?;
    let mut text = Vec::new();
    file.take(LONGEST).read_to_end(&mut text)?;
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.is_empty() {
        return Ok(Holder::default());
    }
    if let Some(process) = std::str::from_utf8(first).ok().and_then(|number| number.trim().parse().ok()) {
        return Ok(Holder { process, ..Holder::default() });
    }
    match line::unseal(first) {
        Ok(json) => Ok(serde_json::from_str(json).unwrap_or_default()),
        // Killed while it wrote.
        Err(_) if line::begins(first) => Ok(Holder::default()),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it holds text that is none of a lock of attune; move it away, or choose another store with --store DIR",
        )),
    }
}

/// Somebody works on a study.
pub(crate) fn study_busy(study: &str, process: u32) -> StoreError {
    StoreError::StudyBusy { study: study.to_owned(), owner: owner(process) }
}

/// ` (process 123)`, or nothing when it is not known.
pub(crate) fn owner(process: u32) -> String {
    if process == 0 { String::new() } else { format!(" (process {process})") }
}
