//! Repair: what can be read stays, what cannot is moved aside, the index is filled again.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use attune_core::store::{Record, Store as _, StoreError};

use crate::aside;
use crate::error::io;
use crate::journal::misplaced;
use crate::layout::{Layout, LogName, sync_folder};
use crate::line::{self, LineFault};
use crate::lock::{self, Lock};
use crate::log::{Lines, Position};
use crate::note::Note;
use crate::own_file;
use crate::sled_store::{SledStore, busy};
use crate::wire;

/// Repairs the store in `path` and says what was done. Nothing is deleted: the old index and every log that
/// had to be changed are kept as `<name>.damaged-N`.
///
/// A journal keeps the records before the first unreadable one: the study goes on from there, and what was
/// evaluated after it is still in the cache. The cache and the notes on runs keep every readable line. A file that is
/// intact and of another version is left alone.
///
/// # Errors
/// When the folder is no store, another process has it open, or a file cannot be read or written.
pub fn rebuild(path: &Path) -> Result<Vec<Note>, StoreError> {
    let layout = Layout::existing(path)?;
    // Alone: what is moved aside must not be in use.
    let Some(lock) = Lock::alone(&layout.lock())? else { return Err(in_use(&layout)) };
    layout.create()?;
    let mut notes = vec![];
    let database = layout.database();
    if fs::symlink_metadata(&database).is_ok() {
        notes.push(moved(&database, &aside::rename(&database)?));
    }
    for log in layout.logs()? {
        mend(&layout, &log, &mut notes)?;
    }
    // What is there now is what can be kept.
    for lock in layout.locked()?.iter().map(|study| layout.study_lock(study)).chain([layout.cache_lock()]) {
        Lock::turn(&lock)?.forget()?;
    }
    let studies = layout.journals()?;
    let store = SledStore::open_locked(layout, lock)?;
    notes.extend(store.notes());
    for study in studies {
        if let Err(error) = store.claim(&study) {
            notes.push(Note::Unusable { error: error.to_string() });
        }
        notes.extend(store.notes());
    }
    Ok(notes)
}

fn in_use(layout: &Layout) -> StoreError {
    let running = running(layout).unwrap_or_default();
    if running.is_empty() {
        return busy(layout);
    }
    let studies: Vec<String> =
        running.iter().map(|(study, process)| format!("`{study}`{}", lock::owner(*process))).collect();
    let owner = format!(", which runs {}", studies.join(", "));
    StoreError::Busy { path: layout.root().display().to_string(), owner }
}

/// Studies that somebody works on, and the processes that do.
pub(crate) fn running(layout: &Layout) -> Result<Vec<(String, u32)>, StoreError> {
    let mut running = vec![];
    for study in layout.locked()? {
        running.extend(lock::taken(&layout.study_lock(&study))?.map(|holder| (study, holder.process)));
    }
    Ok(running)
}

fn mend(layout: &Layout, log: &LogName, notes: &mut Vec<Note>) -> Result<(), StoreError> {
    let path = layout.log(log);
    let Some(mut lines) = Lines::open(&path, Position::default())? else { return Ok(()) };
    let mut kept = vec![];
    let (mut count, mut dropped) = (0, 0);
    while let Some(line) = lines.next()? {
        if !line.complete {
            // The beginning of a line is cut off when the log is opened; anything else is kept aside.
            dropped += u64::from(!line::begins(&line.bytes));
            break;
        }
        match line::unseal(&line.bytes) {
            Err(LineFault::Version(_)) => return Ok(()),
            Ok(json) if follows(log, dropped, count, json) => {
                kept.extend_from_slice(&line.bytes);
                kept.push(b'\n');
                count += 1;
            }
            Ok(_) | Err(_) => dropped += 1,
        }
    }
    if dropped == 0 {
        return Ok(());
    }
    let copy = aside::copy(&path)?;
    notes.push(moved(&path, &copy));
    notes.push(Note::Kept { path: path.display().to_string(), kept: count, dropped });
    replace(&path, &kept)
}

/// Whether an intact line still has its place after what was dropped before it.
fn follows(log: &LogName, dropped: u64, before: u64, json: &str) -> bool {
    match log {
        LogName::Cache | LogName::Runs(_) => true,
        // A record that this version cannot read is for the opening of the journal to report.
        LogName::Journal(_) => {
            dropped == 0
                && wire::decode::<Record>(json).map_or(true, |record| misplaced(&record, before).is_none())
        }
    }
}

fn replace(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let new = path.with_extension("jsonl.new");
    let write = || {
        let mut file = own_file::fresh(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(io("write", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

fn moved(path: &Path, kept: &Path) -> Note {
    Note::MovedAside { path: path.display().to_string(), kept: kept.display().to_string() }
}
