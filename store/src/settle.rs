//! Brings index and logs together when a store is opened.
//!
//! A line is acknowledged after it is in its log *and* in the index. So: a log that is shorter than the index
//! says has lost something; whole lines that the index lacks were written just before the process was killed,
//! and are kept; an incomplete last line was never acknowledged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use attune_core::store::StoreError;

use crate::aside;
use crate::error::{self, io};
use crate::index::Index;
use crate::layout::{Layout, LogName};
use crate::line::{self, LineFault};
use crate::log::{FoundLine, Lines, Position, Span};
use crate::note::Note;
use crate::wire::{self, Entry};

/// Settles one log and returns where it ends. What was done about it goes to `notes`.
pub(crate) fn settle(
    layout: &Layout,
    index: &Index,
    log: &LogName,
    notes: &mut Vec<Note>,
) -> Result<Position, StoreError> {
    let path = layout.log(log);
    let mut end = known_end(index, log, &path, notes)?;
    let Some(mut lines) = Lines::open(&path, end)? else { return Ok(end) };
    let before = end;
    while let Some(line) = lines.next()? {
        let number = line.span.line;
        if !line.complete {
            cut(&path, end)?;
            notes.push(Note::TornLine { path: path.display().to_string(), bytes: line.span.length });
            break;
        }
        match line::unseal(&line.bytes) {
            Ok(json) => add(index, log, &path, line.span, json)?,
            Err(fault) if may_be_unacknowledged(&line, &fault) => {
                let kept = aside::copy(&path)?;
                cut(&path, end)?;
                notes.push(Note::UnreadableEnd {
                    path: path.display().to_string(),
                    line: number,
                    fault: fault.to_string(),
                    kept: kept.display().to_string(),
                });
                break;
            }
            Err(fault) => return Err(error::bad_line(&path, number, fault)),
        }
        end = line.span.end();
    }
    if end != before {
        index.flush()?;
    }
    Ok(end)
}

/// Whether the index knows more of a log than the file holds; the message says so.
pub(crate) fn check_length(index: &Index, log: &LogName, path: &Path) -> Result<(), StoreError> {
    let known = index.end(log)?;
    match size(path)? {
        Some(size) if size < known.bytes => Err(error::damaged(
            path,
            format!("byte {size}"),
            format!(
                "it ends there, expected {} lines in {} bytes: it was truncated",
                known.lines, known.bytes
            ),
        )),
        _ => Ok(()),
    }
}

/// Where the last line ends that both the index and the file know.
fn known_end(
    index: &Index,
    log: &LogName,
    path: &Path,
    notes: &mut Vec<Note>,
) -> Result<Position, StoreError> {
    let known = index.end(log)?;
    if known.bytes == 0 {
        return Ok(known);
    }
    check_length(index, log, path)?;
    if size(path)?.is_none() {
        notes.push(Note::Gone { path: path.display().to_string(), lines: known.lines });
    } else if ends_line(path, known.bytes)? {
        return Ok(known);
    }
    // Gone, or another file was put in its place: what the index says about it means nothing.
    index.forget(log)?;
    Ok(Position::default())
}

fn size(path: &Path) -> Result<Option<u64>, StoreError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("read", path)(error)),
    }
}

fn ends_line(path: &Path, end: u64) -> Result<bool, StoreError> {
    let read = || {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(end - 1))?;
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        Ok(byte == *b"\n")
    };
    read().map_err(io("read", path))
}

/// A complete and unreadable last line behind everything that the index knows can come from a power failure,
/// after which blocks of one write are on disk and others are not. The first line is excepted: a file
/// that has no readable line at all is not a log with a bad end.
fn may_be_unacknowledged(line: &FoundLine, fault: &LineFault) -> bool {
    line.last && line.span.line > 1 && !matches!(fault, LineFault::Version(_))
}

fn add(index: &Index, log: &LogName, path: &Path, span: Span, json: &str) -> Result<(), StoreError> {
    if *log == LogName::Cache {
        let (key, _): Entry =
            wire::decode(json).map_err(|fault| error::bad_record(path, span.line, &fault))?;
        index.add_cached(&key, span)?;
    }
    index.add_line(log, span)
}

fn cut(path: &Path, end: Position) -> Result<(), StoreError> {
    let cut = || {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(end.bytes)?;
        file.sync_all()
    };
    cut().map_err(io("cut", path))
}
