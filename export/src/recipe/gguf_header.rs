//! The header of a GGUF file: which tensors there are, and in which types. Weights are not read.

use std::io::{self, BufRead, Read as _};

use super::error::Fault;

/// Longest name and value that a header has; tokenizers keep lists of short texts.
const MOST_TEXT: u64 = 64 << 20;
/// Most tensors and keys of a header.
const MOST_ENTRIES: u64 = 1 << 20;
/// How deep lists lie in lists.
const MOST_NESTED: u32 = 4;

/// A tensor of a GGUF file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StoredTensor {
    pub(super) name: String,
    /// Channels of a row.
    pub(super) row: u64,
    /// The number of its type, as `ggml.h` has it.
    pub(super) kind: u32,
}

/// Reads the header; `source` stands at the beginning of the file.
pub(super) fn read(source: &mut dyn BufRead) -> Result<Vec<StoredTensor>, Fault> {
    let mut reader = Reader(source);
    reader.header().map_err(|error| match error {
        Broken::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Fault::new(None, "the header of a GGUF file that ends in its middle", "a whole file")
        }
        Broken::Io(error) => Fault::new(None, error.to_string(), "a GGUF file that can be read"),
        Broken::Header(found) => Fault::new(None, found, "the header of a GGUF file of version 2 or 3"),
    })
}

enum Broken {
    Io(io::Error),
    Header(String),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

struct Reader<'a>(&'a mut dyn BufRead);

impl Reader<'_> {
    fn header(&mut self) -> Result<Vec<StoredTensor>, Broken> {
        self.skip(4)?;
        let version = self.u32()?;
        if !(2..=3).contains(&version) {
            return Err(Broken::Header(format!("GGUF version {version}")));
        }
        let (tensors, keys) = (self.count("tensors")?, self.count("keys")?);
        for _ in 0..keys {
            self.text()?;
            let kind = self.u32()?;
            self.skip_value(kind, 0)?;
        }
        (0..tensors).map(|_| self.tensor()).collect()
    }

    fn tensor(&mut self) -> Result<StoredTensor, Broken> {
        let name = self.text()?;
        let dimensions = self.u32()?;
        if !(1..=4).contains(&dimensions) {
            return Err(Broken::Header(format!("tensor `{name}` of {dimensions} dimensions")));
        }
        let row = self.u64()?;
        self.skip(8 * u64::from(dimensions - 1))?;
        let kind = self.u32()?;
        self.skip(8)?;
        Ok(StoredTensor { name, row, kind })
    }

    fn count(&mut self, what: &str) -> Result<u64, Broken> {
        match self.u64()? {
            count if count <= MOST_ENTRIES => Ok(count),
            count => Err(Broken::Header(format!("{count} {what}"))),
        }
    }

    fn skip_value(&mut self, kind: u32, depth: u32) -> Result<(), Broken> {
        let bytes = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => self.length()?,
            9 if depth < MOST_NESTED => {
                let (inner, count) = (self.u32()?, self.u64()?);
                for _ in 0..count {
                    self.skip_value(inner, depth + 1)?;
                }
                0
            }
            _ => return Err(Broken::Header(format!("a value of type {kind}"))),
        };
        self.skip(bytes)
    }

    fn text(&mut self) -> Result<String, Broken> {
        let length = self.length()?;
        let mut bytes = Vec::new();
        (&mut *self.0).take(length).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        String::from_utf8(bytes).map_err(|_| Broken::Header("a name that is no text".to_owned()))
    }

    fn length(&mut self) -> Result<u64, Broken> {
        match self.u64()? {
            length if length <= MOST_TEXT => Ok(length),
            length => Err(Broken::Header(format!("a text of {length} bytes"))),
        }
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Broken> {
        let skipped = io::copy(&mut (&mut *self.0).take(bytes), &mut io::sink())?;
        if skipped < bytes { Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()) } else { Ok(()) }
    }

    fn u32(&mut self) -> Result<u32, Broken> {
        let mut bytes = [0; 4];
        self.0.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> Result<u64, Broken> {
        let mut bytes = [0; 8];
        self.0.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}
