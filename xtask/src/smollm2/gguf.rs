//! A reader of GGUF version 3: metadata, tensor headers and the bytes behind them.
//!
//! Layout (github.com/ggml-org/ggml, docs/gguf.md): magic, version, counts, key–value pairs, tensor
//! headers, padding, tensor data. Everything is little-endian.

mod cursor;
mod metadata;

use cursor::Cursor;
pub(super) use metadata::{Metadata, Value};

use super::dequantise::Format;

/// Where tensors start is rounded up to this when the file names no other alignment.
const ALIGNMENT: usize = 32;

/// What is wrong with a file, and where.
#[derive(Debug, thiserror::Error)]
pub(super) enum GgufError {
    #[error("byte {at}: found {found}, expected {expected}")]
    At { at: usize, found: String, expected: &'static str },
    #[error("metadata `{key}`: found {found}, expected {expected}")]
    Metadata { key: String, found: String, expected: &'static str },
    #[error("tensor `{name}`: {problem}")]
    Tensor { name: String, problem: String },
}

/// A parsed file; tensors still point into its bytes.
#[derive(Debug)]
pub(super) struct Gguf<'a> {
    pub(super) metadata: Metadata,
    pub(super) tensors: Vec<Tensor<'a>>,
}

/// One stored tensor.
#[derive(Debug)]
pub(super) struct Tensor<'a> {
    pub(super) name: String,
    /// Outermost first (the file stores them innermost first).
    pub(super) shape: Vec<usize>,
    pub(super) format: Format,
    pub(super) bytes: &'a [u8],
}

struct Header {
    name: String,
    shape: Vec<usize>,
    format: Format,
    offset: usize,
    size: usize,
}

impl<'a> Gguf<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, GgufError> {
        let mut cursor = Cursor::new(bytes);
        cursor.expect_magic(*b"GGUF", "the magic of a GGUF file")?;
        let version = cursor.u32()?;
        if version != 3 {
            let found = format!("version {version}");
            return Err(GgufError::At { at: 4, found, expected: "GGUF version 3" });
        }
        let tensors = cursor.count("a number of tensors")?;
        let pairs = cursor.count("a number of metadata pairs")?;
        let metadata = Metadata::read(&mut cursor, pairs)?;
        let headers = (0..tensors).map(|_| Header::read(&mut cursor)).collect::<Result<Vec<_>, _>>()?;

        let alignment = match metadata.get("general.alignment") {
            None => ALIGNMENT,
            Some(_) => metadata.unsigned("general.alignment")?.max(1),
        };
        let start = cursor.position().checked_next_multiple_of(alignment).unwrap_or(usize::MAX);
        let data = bytes.get(start..).unwrap_or_default();
        let tensors = headers.into_iter().map(|header| header.tensor(data)).collect::<Result<_, _>>()?;
        Ok(Self { metadata, tensors })
    }
}

impl Header {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, GgufError> {
        let name = cursor.text()?;
        let problem = |problem: String| GgufError::Tensor { name: name.clone(), problem };
        let dimensions = cursor.u32()?;
        if !(1..=4).contains(&dimensions) {
            return Err(problem(format!("{dimensions} dimensions, expected 1 to 4")));
        }
        let mut shape = (0..dimensions).map(|_| cursor.size()).collect::<Result<Vec<_>, _>>()?;
        let code = cursor.u32()?;
        let format = Format::from_code(code).ok_or_else(|| {
            problem(format!("stored in format {code}; this converter reads F32 (0), Q4_1 (3) and Q8_0 (8)"))
        })?;
        let size = format
            .stored_size(&shape)
            .ok_or_else(|| problem(format!("rows of shape {shape:?} are not whole blocks of {format:?}")))?;
        let offset = cursor.size()?;
        shape.reverse();
        Ok(Self { name, shape, format, offset, size })
    }

    fn tensor(self, data: &[u8]) -> Result<Tensor<'_>, GgufError> {
        let Self { name, shape, format, offset, size } = self;
        let bytes = offset.checked_add(size).and_then(|end| data.get(offset..end));
        match bytes {
            Some(bytes) => Ok(Tensor { name, shape, format, bytes }),
            None => {
                let problem =
                    format!("{size} bytes at offset {offset} reach beyond the {} of data", data.len());
                Err(GgufError::Tensor { name, problem })
            }
        }
    }
}
