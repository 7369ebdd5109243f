//! Reads little-endian numbers and texts, never past the end.

use super::GgufError;

pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    pub(super) fn error(&self, found: impl Into<String>, expected: &'static str) -> GgufError {
        GgufError::At { at: self.at, found: found.into(), expected }
    }

    fn take(&mut self, count: usize, expected: &'static str) -> Result<&'a [u8], GgufError> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| self.error("the end of the file", expected))?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, "a number")?);
        Ok(array)
    }

    pub(super) fn u32(&mut self) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn size(&mut self) -> Result<usize, GgufError> {
        let value = u64::from_le_bytes(self.array()?);
        usize::try_from(value).map_err(|_| self.error(value.to_string(), "a size that fits into memory"))
    }

    /// A number of things that follow, each of at least one byte.
    pub(super) fn count(&mut self, expected: &'static str) -> Result<usize, GgufError> {
        let count = self.size()?;
        let rest = self.bytes.len() - self.at;
        if count > rest {
            return Err(self.error(format!("{count} with {rest} bytes left"), expected));
        }
        Ok(count)
    }

    pub(super) fn text(&mut self) -> Result<String, GgufError> {
        let length = self.count("the length of a text")?;
        let bytes = self.take(length, "a text")?;
        String::from_utf8(bytes.to_vec()).map_err(|error| self.error(error.to_string(), "UTF-8"))
    }

    pub(super) fn expect_magic(&mut self, magic: [u8; 4], expected: &'static str) -> Result<(), GgufError> {
        let found = self.take(magic.len(), expected)?;
        if found == magic {
            return Ok(());
        }
        let found = format!("{:?}", String::from_utf8_lossy(found));
        Err(GgufError::At { at: self.at - magic.len(), found, expected })
    }
}
