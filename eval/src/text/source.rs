//! Text files of several forms as one stream of text.

mod chat;
mod format;
mod json_lines;
mod plain;

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::Path;

use attune_files::ReadError;
use format::Format;
use json_lines::JsonLines;
use plain::Plain;

use crate::error::TaskError;

/// Bytes at the beginning of a file by which its form is told.
const HEAD: u64 = 1 << 20;

/// A text file that is read from its beginning, as far as text is needed.
pub(super) struct Source {
    size: u64,
    form: Form,
}

enum Form {
    Plain(Plain),
    Lines(JsonLines),
}

impl Source {
    /// Opens a text and finds out what it is; `model` is the folder whose chat template renders conversations.
    ///
    /// # Errors
    /// No regular file, or a form that holds no text that could be scored: it is named, with what to do.
    pub(super) fn open(file: &Path, model: &Path) -> Result<Self, TaskError> {
        let unreadable = |source| TaskError::unreadable(source, "a text file in UTF-8");
        let io = |source| unreadable(ReadError::Io { path: file.to_owned(), source });
        // Of any size: no more of it is read than is needed.
        let (mut opened, size) = attune_files::open(file, u64::MAX).map_err(unreadable)?;
        let mut head = Vec::new();
        opened.by_ref().take(HEAD).read_to_end(&mut head).map_err(io)?;
        let format = format::recognise(file, &head, head.len() as u64 == size)?;
        opened.seek(std::io::SeekFrom::Start(format::mark(&head) as u64)).map_err(io)?;
        let reader: BufReader<File> = BufReader::with_capacity(1 << 16, opened);
        let form = match format {
            Format::Plain => Form::Plain(Plain::new(file, reader, format::mark(&head))),
            Format::JsonLines => Form::Lines(JsonLines::new(file, reader, model)),
        };
        Ok(Self { size, form })
    }

    /// Share of the file that has been read, 0 to 1.
    pub(super) fn share(&self) -> f64 {
        let read = match &self.form {
            Form::Plain(plain) => plain.read(),
            Form::Lines(lines) => lines.read(),
        };
        if self.size == 0 { 1.0 } else { (read as f64 / self.size as f64).min(1.0) }
    }

    /// Appends to `text` until it has at least `until` bytes; `false` when the file has ended before.
    ///
    /// # Errors
    /// What is no text, with its place in the file.
    pub(super) fn fill(&mut self, text: &mut String, until: usize) -> Result<bool, TaskError> {
        match &mut self.form {
            Form::Plain(plain) => plain.fill(text, until),
            Form::Lines(lines) => lines.fill(text, until),
        }
    }
}
