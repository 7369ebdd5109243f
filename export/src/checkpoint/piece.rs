//! A tensor as it will be written.

use std::borrow::Cow;
use std::ops::Range;

use attune_core::exporter::{ExportError, ModelFiles};
use safetensors::tensor::Dtype;

use super::read_part;

/// Elements of some file, or new ones.
pub(crate) struct Piece<'a> {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Bytes<'a>,
}

/// Bytes that are at hand, or those of a file that are read when they are needed, or what is made then.
pub(crate) enum Bytes<'a> {
    Here(Cow<'a, [u8]>),
    There { files: &'a dyn ModelFiles, file: &'a str, place: Range<u64> },
    Made { len: usize, make: Box<dyn Fn() -> Result<Vec<u8>, ExportError> + 'a> },
}

impl Bytes<'_> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Here(bytes) => bytes.len(),
            Self::There { place, .. } => (place.end - place.start) as usize,
            Self::Made { len, .. } => *len,
        }
    }

    /// The bytes themselves.
    ///
    /// # Errors
    /// [`ExportError::Io`] where they are in a file, and what keeps them from being made.
    pub(crate) fn read(&self) -> Result<Cow<'_, [u8]>, ExportError> {
        match self {
            Self::Here(bytes) => Ok(Cow::Borrowed(bytes)),
            Self::There { files, file, place } => read_part(*files, file, place.clone()),
            Self::Made { make, .. } => make().map(Cow::Owned),
        }
    }
}

impl From<Vec<u8>> for Bytes<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Here(Cow::Owned(bytes))
    }
}
