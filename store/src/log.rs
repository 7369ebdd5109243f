//! Append-only logs of sealed lines.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use attune_core::store::StoreError;

use crate::error::{self, io};
use crate::layout::sync_folder;
use crate::line;
use crate::own_file;
use crate::wire::{self, Wire};

/// Far above what any record takes: a file without line breaks is no log and is not read into memory.
const LONGEST_LINE: u64 = 1 << 28;

/// A place between two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// Lines before it.
    pub(crate) lines: u64,
    /// Bytes before it.
    pub(crate) bytes: u64,
}

/// A whole line, its line break included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its number, from 1.
    pub(crate) line: u64,
    /// Bytes before it.
    pub(crate) offset: u64,
    /// Its own bytes.
    pub(crate) length: u64,
}

impl Span {
    /// The place behind the line.
    pub(crate) fn end(self) -> Position {
        Position { lines: self.line, bytes: self.offset + self.length }
    }
}

/// A log that one process appends to at a time: the holder of the lock that guards it.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    /// Opened, and where there is none created, with the first line.
    file: Option<File>,
    end: Position,
    /// A failed append could not be taken back: what the file holds behind `end` is unknown.
    broken: bool,
}

impl Log {
    /// A log whose last acknowledged line ends at `end`.
    pub(crate) fn new(path: PathBuf, end: Position) -> Self {
        Self { path, file: None, end, broken: false }
    }

    /// Where the next line goes.
    pub(crate) fn end(&self) -> Position {
        self.end
    }

    /// Learns what others appended.
    pub(crate) fn go_on_from(&mut self, end: Position) {
        self.end = end;
    }

    /// Whether the file has another length than this knows; false while there is none.
    pub(crate) fn has_grown(&self) -> Result<bool, StoreError> {
        match std::fs::symlink_metadata(&self.path) {
            Ok(found) => Ok(found.len() != self.end.bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(self.end.bytes > 0),
            Err(error) => Err(io("look at", &self.path)(error)),
        }
    }

    /// Appends a line; it is on disk when this returns. After an error the log is as it was.
    pub(crate) fn append(&mut self, json: &str) -> Result<Span, StoreError> {
        if self.broken {
            let reason = "an earlier write failed and could not be taken back; start attune again";
            return Err(io("write", &self.path)(io::Error::other(reason)));
        }
        let line = line::seal(json);
        let end = self.end;
        let file = self.file()?;
        let write = |mut file: &File| {
            file.seek(SeekFrom::Start(end.bytes))?;
            file.write_all(line.as_bytes())?;
            file.sync_data()
        };
        if let Err(error) = write(file) {
            self.broken = file.set_len(end.bytes).is_err();
            return Err(io("write", &self.path)(error));
        }
        let span = Span { line: end.lines + 1, offset: end.bytes, length: line.len() as u64 };
        self.end = span.end();
        Ok(span)
    }

    /// The open file, which is still the one that the path names: what is written into a file that was removed is
    /// gone with the process.
    fn file(&mut self) -> Result<&File, StoreError> {
        if let Some(file) = &self.file {
            if !own_file::is_at(file, &self.path).map_err(io("look at", &self.path))? {
                return Err(StoreError::Gone { path: self.path.display().to_string() });
            }
        } else {
            if self.end.bytes > 0 && !self.path.exists() {
                return Err(StoreError::Gone { path: self.path.display().to_string() });
            }
            let is_new = !self.path.exists();
            self.file = Some(own_file::create(&self.path).map_err(io("open", &self.path))?);
            if let Some(folder) = self.path.parent().filter(|_| is_new) {
                sync_folder(folder)?;
            }
        }
        self.file.as_ref().ok_or_else(|| StoreError::Gone { path: self.path.display().to_string() })
    }

    /// The record of one line.
    pub(crate) fn read<T: Wire>(&mut self, span: Span) -> Result<T, StoreError> {
        let read = |mut file: &File| {
            file.seek(SeekFrom::Start(span.offset))?;
            let mut bytes = Vec::new();
            file.take(span.length).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read(self.file()?).map_err(io("read", &self.path))?;
        record(&self.path, span.line, bytes.strip_suffix(b"\n").unwrap_or(&bytes))
    }
}

/// A line as it was found.
#[derive(Debug)]
pub(crate) struct FoundLine {
    /// Where.
    pub(crate) span: Span,
    /// Its bytes, without the line break.
    pub(crate) bytes: Vec<u8>,
    /// Whether it ends in a line break: only then can it have been acknowledged.
    pub(crate) complete: bool,
    /// Whether nothing follows.
    pub(crate) last: bool,
}

/// The lines of a log, read one after the other.
pub(crate) struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    at: Position,
}

impl Lines {
    /// The lines behind `from`; `None` when there is no such file.
    pub(crate) fn open(path: &Path, from: Position) -> Result<Option<Self>, StoreError> {
        let mut file = match own_file::read(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io("open", path)(error)),
        };
        file.seek(SeekFrom::Start(from.bytes)).map_err(io("read", path))?;
        Ok(Some(Self { path: path.to_owned(), reader: BufReader::new(file), at: from }))
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<FoundLine>, StoreError> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes);
        let length = read.map_err(io("read", &self.path))?;
        if length == 0 {
            return Ok(None);
        }
        if length as u64 == LONGEST_LINE {
            let expected = format!("a line of more than {LONGEST_LINE} bytes, which attune never writes");
            return Err(error::damaged(&self.path, format!("line {}", self.at.lines + 1), expected));
        }
        let complete = bytes.pop_if(|byte| *byte == b'\n').is_some();
        let span = Span { line: self.at.lines + 1, offset: self.at.bytes, length: length as u64 };
        self.at = span.end();
        let last = self.reader.fill_buf().map_err(io("read", &self.path))?.is_empty();
        Ok(Some(FoundLine { span, bytes, complete, last }))
    }
}

/// All records of a log, oldest first; none when there is no such file. A last line without a line break is
/// passed over: either its writer is just writing it, or it was killed before it acknowledged the line.
pub(crate) fn read_all<T: Wire>(path: &Path) -> Result<Vec<T>, StoreError> {
    let mut records = vec![];
    let Some(mut lines) = Lines::open(path, Position::default())? else { return Ok(records) };
    while let Some(line) = lines.next()?.filter(|line| line.complete) {
        records.push(record(path, line.span.line, &line.bytes)?);
    }
    Ok(records)
}

fn record<T: Wire>(path: &Path, number: u64, bytes: &[u8]) -> Result<T, StoreError> {
    let json = line::unseal(bytes).map_err(|fault| error::bad_line(path, number, fault))?;
    wire::decode(json).map_err(|fault| error::bad_record(path, number, &fault))
}
