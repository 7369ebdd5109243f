//! The file: its key-value pairs, its table of tensors and their bytes (GGUF version 3, little-endian).

use std::io;

use attune_core::exporter::ExportError;

use super::kinds::Kind;

/// The file.
pub(super) const MODEL: &str = "model.gguf";

/// Tensors begin at multiples of it.
pub(super) const ALIGNMENT: usize = 32;
const VERSION: u32 = 3;

/// A value of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    U32(u32),
    F32(f32),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    I32s(Vec<i32>),
    F32s(Vec<f32>),
    Bools(Vec<bool>),
}

/// A tensor as it will be written.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The outermost axis first, as everywhere but in the file.
    pub(super) shape: Vec<usize>,
}

impl Entry {
    /// Bytes of its numbers.
    pub(super) fn bytes(&self) -> usize {
        self.kind.bytes(self.shape.iter().product())
    }
}

/// The beginning of a file, up to where the first tensor's bytes begin.
pub(super) fn header(keys: &[(String, Value)], entries: &[Entry]) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((entries.len() as u64).to_le_bytes());
    bytes.extend((keys.len() as u64).to_le_bytes());
    for (key, value) in keys {
        text(&mut bytes, key);
        bytes.extend(value.kind().to_le_bytes());
        value.push(&mut bytes);
    }
    let mut offset = 0;
    for entry in entries {
        text(&mut bytes, &entry.name);
        bytes.extend((entry.shape.len() as u32).to_le_bytes());
        entry.shape.iter().rev().for_each(|&size| bytes.extend((size as u64).to_le_bytes()));
        bytes.extend(entry.kind.number().to_le_bytes());
        bytes.extend((offset as u64).to_le_bytes());
        offset += padded(entry.bytes());
    }
    bytes.resize(padded(bytes.len()), 0);
    bytes
}

/// The zeros behind a tensor of so many bytes, up to where the next one begins.
pub(super) fn zeros_behind(size: usize) -> &'static [u8] {
    &[0; ALIGNMENT][..padded(size) - size]
}

/// The file could not be written.
pub(super) fn failed(source: io::Error) -> ExportError {
    ExportError::Io { action: "write", file: MODEL.to_owned(), source }
}

/// The bytes of a tensor with the zeros behind it.
pub(super) fn padded(size: usize) -> usize {
    size.next_multiple_of(ALIGNMENT)
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

/// The number of the type of lists.
const LIST: u32 = 9;

impl Value {
    /// The number of its type.
    fn kind(&self) -> u32 {
        match self {
            Self::U32(_) => 4,
            Self::F32(_) => 6,
            Self::Bool(_) => 7,
            Self::Text(_) => 8,
            Self::Texts(_) | Self::I32s(_) | Self::F32s(_) | Self::Bools(_) => LIST,
        }
    }

    fn push(&self, bytes: &mut Vec<u8>) {
        let mut list = |kind: u32, length: usize| {
            bytes.extend(kind.to_le_bytes());
            bytes.extend((length as u64).to_le_bytes());
        };
        match self {
            Self::U32(value) => bytes.extend(value.to_le_bytes()),
            Self::F32(value) => bytes.extend(value.to_le_bytes()),
            Self::Bool(value) => bytes.push(u8::from(*value)),
            Self::Text(value) => text(bytes, value),
            Self::Texts(values) => {
                list(8, values.len());
                values.iter().for_each(|value| text(bytes, value));
            }
            Self::I32s(values) => {
                list(5, values.len());
                values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
            }
            Self::F32s(values) => {
                list(6, values.len());
                values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
            }
            Self::Bools(values) => {
                list(7, values.len());
                values.iter().for_each(|&value| bytes.push(u8::from(value)));
            }
        }
    }
}
