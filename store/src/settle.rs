//! Brings a log together with what is known about it.
//!
//! A line is acknowledged after it is synced in its log. So: a log that is shorter than what was acknowledged has lost
//! something; whole lines behind that were written just before their writer was killed, or by others, and are
//! kept; an incomplete last line was never acknowledged.

use std::fs;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use attune_core::store::StoreError;

use crate::aside;
use crate::error::{self, io};
use crate::line::{self, LineFault};
use crate::log::{FoundLine, Lines, Position, Span};
use crate::note::Note;
use crate::own_file;

/// What to do with a bad end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It is in the way of the next line: cut it off. Only for who may append.
    Cut,
    /// Leave it to its writer.
    Leave,
}

/// Reads the lines behind `known`, and returns where the last good one ends. What was done goes to `notes`.
pub(crate) fn settle(
    path: &Path,
    known: Position,
    bad_end: End,
    notes: &mut Vec<Note>,
    on_line: &mut dyn FnMut(Span, &str) -> Result<(), StoreError>,
) -> Result<Position, StoreError> {
    let mut end = known;
    let Some(mut lines) = Lines::open(path, end)? else { return Ok(end) };
    while let Some(line) = lines.next()? {
        let fault = match line::unseal(&line.bytes) {
            Ok(json) if line.complete => {
                on_line(line.span, json)?;
                end = line.span.end();
                continue;
            }
            Ok(_) => None,
            Err(fault) => Some(fault),
        };
        let number = line.span.line;
        let torn = !line.complete && (line::begins(&line.bytes) || fault.is_none());
        match fault {
            _ if torn && bad_end == End::Cut => {
                cut(path, end)?;
                notes.push(Note::TornLine { path: path.display().to_string(), bytes: line.span.length });
            }
            Some(fault) if !torn && !may_be_unacknowledged(&line, &fault) => {
                return Err(error::bad_line(path, number, fault));
            }
            Some(fault) if bad_end == End::Cut => {
                let kept = aside::copy(path)?;
                cut(path, end)?;
                notes.push(Note::UnreadableEnd {
                    path: path.display().to_string(),
                    line: number,
                    fault: fault.to_string(),
                    kept: kept.display().to_string(),
                });
            }
            _ => {}
        }
        break;
    }
    Ok(end)
}

/// Refuses a log that is shorter than what was acknowledged of it.
pub(crate) fn check_length(path: &Path, known: Position) -> Result<(), StoreError> {
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

/// Where the last line ends that was acknowledged and is in the file: at `known`, or nowhere when the log is gone or
/// another file was put in its place.
pub(crate) fn known_end(path: &Path, known: Position, notes: &mut Vec<Note>) -> Result<Position, StoreError> {
    if known.bytes == 0 {
        return Ok(known);
    }
    check_length(path, known)?;
    if size(path)?.is_none() {
        notes.push(Note::Gone { path: path.display().to_string(), lines: known.lines });
    } else if ends_line(path, known.bytes)? {
        return Ok(known);
    }
    Ok(Position::default())
}

fn size(path: &Path) -> Result<Option<u64>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io("read", path)(error)),
    }
}

fn ends_line(path: &Path, end: u64) -> Result<bool, StoreError> {
    let read = || {
        let mut file = own_file::read(path)?;
        file.seek(SeekFrom::Start(end - 1))?;
        let mut byte = [0];
        file.read_exact(&mut byte)?;
        Ok(byte == *b"\n")
    };
    read().map_err(io("read", path))
}

/// A complete and unreadable last line behind everything that is known can come from a power failure,
/// after which blocks of one write are on disk and others are not. The first line is excepted: a file
/// that has no readable line at all is not a log with a bad end. An incomplete one that is no beginning of a
/// line is treated alike.
fn may_be_unacknowledged(line: &FoundLine, fault: &LineFault) -> bool {
    line.last && line.span.line > 1 && !matches!(fault, LineFault::Version(_))
}

fn cut(path: &Path, end: Position) -> Result<(), StoreError> {
    let cut = || {
        let file = own_file::write(path)?;
        file.set_len(end.bytes)?;
        file.sync_all()
    };
    cut().map_err(io("cut", path))
}
