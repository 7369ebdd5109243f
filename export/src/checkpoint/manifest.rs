//! attune-export.json: what a checkpoint is, where it comes from, what is in its folder and how to check it.

use std::io::{self, Write};

use serde::Serialize;

use attune_core::exporter::{ExportError, ExportInput, FileSink, OpenFile};

use super::write;
use crate::wire::{self, ModelJson, PlanJson, ProvenanceJson, WrittenJson};

/// The manifest's own name.
pub(crate) const MANIFEST: &str = "attune-export.json";

#[derive(Serialize)]
struct Document<'a, D> {
    format: &'static str,
    version: u64,
    target: &'static str,
    attune: &'static str,
    plan: PlanJson,
    model: ModelJson,
    provenance: ProvenanceJson,
    done: &'a D,
    /// The other files of the folder, so that a later export of the same study may replace them.
    written: &'a [WrittenJson],
    #[serde(skip_serializing_if = "Option::is_none")]
    verify: Option<&'static str>,
}

/// Writes the files of `target` with `body`, then the manifest: what `body` says was done, what it wrote, and a command
/// that checks it.
pub(crate) fn with_manifest<D: Serialize>(
    target: &'static str,
    input: &ExportInput<'_>,
    verify: Option<&'static str>,
    sink: &mut dyn FileSink,
    body: impl FnOnce(&mut dyn FileSink) -> Result<D, ExportError>,
) -> Result<(), ExportError> {
    let mut written = Vec::new();
    let done = body(&mut Counted { sink, written: &mut written })?;
    let document = Document {
        format: "attune-export",
        version: 1,
        target,
        attune: env!("CARGO_PKG_VERSION"),
        plan: input.plan.into(),
        model: input.model.into(),
        provenance: input.provenance.into(),
        done: &done,
        written: &written,
        verify,
    };
    write(sink, MANIFEST, &wire::to_bytes(MANIFEST, &document)?)
}

/// Notes what is written.
struct Counted<'a> {
    sink: &'a mut dyn FileSink,
    written: &'a mut Vec<WrittenJson>,
}

/// One file of these.
struct CountedFile<'a> {
    file: Box<dyn OpenFile + 'a>,
    written: &'a mut Vec<WrittenJson>,
    so_far: WrittenJson,
}

impl FileSink for Counted<'_> {
    fn begin(&mut self, name: &str) -> io::Result<Box<dyn OpenFile + '_>> {
        let so_far = WrittenJson { name: name.to_owned(), bytes: 0 };
        Ok(Box::new(CountedFile { file: self.sink.begin(name)?, written: self.written, so_far }))
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        // Whoever takes whole files gets them without a copy.
        self.sink.write(name, bytes)?;
        self.written.push(WrittenJson { name: name.to_owned(), bytes: bytes.len() as u64 });
        Ok(())
    }
}

impl Write for CountedFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.so_far.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl OpenFile for CountedFile<'_> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { file, written, so_far } = *self;
        file.finish()?;
        written.push(so_far);
        Ok(())
    }
}
