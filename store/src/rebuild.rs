//! Repair: what can be read stays, what cannot is moved aside, the index is filled again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use attune_core::store::{Record, StoreError};

use crate::aside;
use crate::error::io;
use crate::journal::misplaced;
use crate::layout::{Layout, LogName, sync_folder};
use crate::line::{self, LineFault};
use crate::lock::Lock;
use crate::log::{Lines, Position};
use crate::note::Note;
use crate::sled_store::SledStore;
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
    let lock = Lock::take(&layout)?;
    let mut notes = vec![];
    let database = layout.database();
    if database.exists() {
        notes.push(moved(&database, &aside::rename(&database)?));
    }
    for log in layout.logs()? {
        mend(&layout, &log, &mut notes)?;
    }
    notes.extend(SledStore::open_locked(layout, lock)?.notes().iter().cloned());
    Ok(notes)
}

fn mend(layout: &Layout, log: &LogName, notes: &mut Vec<Note>) -> Result<(), StoreError> {
    let path = layout.log(log);
    let Some(mut lines) = Lines::open(&path, Position::default())? else { return Ok(()) };
    let mut kept = vec![];
    let (mut count, mut dropped) = (0, 0);
    while let Some(line) = lines.next()?.filter(|line| line.complete) {
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
        let mut file = File::create(&new)?;
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
