//! UTF-8 text as it stands in its file.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use attune_files::ReadError;

use crate::error::TaskError;

/// Bytes that are read at once.
const BLOCK: u64 = 1 << 16;

/// A file of UTF-8 text behind its byte order mark.
pub(super) struct Plain {
    file: PathBuf,
    reader: BufReader<File>,
    /// Bytes of the file before `rest`.
    before: u64,
    /// The beginning of a character whose end has not been read.
    rest: Vec<u8>,
    /// Line ends so far, and the bytes since the last one.
    lines: u64,
    column: u64,
}

impl Plain {
    pub(super) fn new(file: &Path, reader: BufReader<File>, mark: usize) -> Self {
        Self { file: file.to_owned(), reader, before: mark as u64, rest: Vec::new(), lines: 0, column: 0 }
    }

    /// Bytes of the file that have been read.
    pub(super) fn read(&self) -> u64 {
        self.before + self.rest.len() as u64
    }

    pub(super) fn fill(&mut self, text: &mut String, until: usize) -> Result<bool, TaskError> {
        while text.len() < until {
            let mut block = std::mem::take(&mut self.rest);
            let more = self.reader.by_ref().take(BLOCK).read_to_end(&mut block).map_err(|source| {
                TaskError::unreadable(
                    ReadError::Io { path: self.file.clone(), source },
                    "a text file in UTF-8",
                )
            })?;
            let (good, ended) = match std::str::from_utf8(&block) {
                Ok(good) => (good, more == 0),
                // The block ends within a character; at the end of the file that is an error like any other.
                Err(error) if error.error_len().is_none() && more > 0 => {
                    let valid = error.valid_up_to();
                    (std::str::from_utf8(&block[..valid]).unwrap_or_default(), false)
                }
                Err(error) => return Err(self.invalid(&block, error.valid_up_to())),
            };
            text.push_str(good);
            self.count(good.as_bytes());
            self.rest = block[good.len()..].to_vec();
            if ended {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn count(&mut self, good: &[u8]) {
        self.before += good.len() as u64;
        self.lines += good.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.column = match good.iter().rposition(|&byte| byte == b'\n') {
            Some(at) => (good.len() - at - 1) as u64,
            None => self.column + good.len() as u64,
        };
    }

    fn invalid(&mut self, block: &[u8], valid: usize) -> TaskError {
        self.count(&block[..valid]);
        let place = format!("byte {}, line {}, byte {} of it", self.before, self.lines + 1, self.column + 1);
        TaskError::BadText {
            file: self.file.clone(),
            place: Some(place),
            found: format!("0x{:02X} is not UTF-8 there", block[valid]),
            remedy:
                "convert the file to UTF-8 (such as `iconv -f latin1 -t utf-8`), or cut the damaged place out"
                    .to_owned(),
        }
    }
}
