//! Where an exporter puts its files.

use std::io::{self, Write};

/// Takes the files of an export, one after the other.
///
/// A function of name and content is one that is called once per file, whose content is then in memory:
///
/// ```
/// use attune_core::exporter::FileSink;
///
/// let mut files = Vec::new();
/// let mut sink = |name: &str, bytes: &[u8]| {
///     files.push((name.to_owned(), bytes.len()));
///     Ok(())
/// };
/// FileSink::write(&mut sink, "config.json", b"{}")?;
/// let mut weights = sink.begin("weights")?;
/// weights.write_all(b"one tensor, ")?;
/// weights.write_all(b"and another")?;
/// weights.finish()?;
/// assert_eq!(files, [("config.json".to_owned(), 2), ("weights".to_owned(), 23)]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait FileSink {
    /// Begins a file, whose content is written piece by piece. It is there once it is [finished](OpenFile::finish).
    ///
    /// # Errors
    /// Whatever keeps it from being written.
    fn begin(&mut self, name: &str) -> io::Result<Box<dyn OpenFile + '_>>;

    /// Writes a whole file.
    ///
    /// # Errors
    /// As [`begin`](Self::begin), and as writing does.
    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.begin(name)?;
        file.write_all(bytes)?;
        file.finish()
    }
}

/// A file that is being written. What is dropped before it is finished is not there.
pub trait OpenFile: Write {
    /// It is whole.
    ///
    /// # Errors
    /// Whatever keeps it from being kept.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// A file that is handed over as a whole.
struct Gathered<'a, F> {
    name: String,
    bytes: Vec<u8>,
    take: &'a mut F,
}

impl<F: FnMut(&str, &[u8]) -> io::Result<()>> FileSink for F {
    fn begin(&mut self, name: &str) -> io::Result<Box<dyn OpenFile + '_>> {
        Ok(Box::new(Gathered { name: name.to_owned(), bytes: Vec::new(), take: self }))
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self(name, bytes)
    }
}

impl<F> Write for Gathered<'_, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F: FnMut(&str, &[u8]) -> io::Result<()>> OpenFile for Gathered<'_, F> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { name, bytes, take } = *self;
        take(&name, &bytes)
    }
}
