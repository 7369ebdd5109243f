//! Checkpoints in the Hugging Face layout: what exporters that write a folder of weights have in common.

mod companions;
mod floats;
mod layout;
mod manifest;
mod mix;
mod patch;
mod piece;
mod quantised;
mod rewrite;
mod verbatim;
mod weight_file;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use serde::Serialize;

use crate::wire;

pub(crate) use companions::{Companions, copy, copy_terms};
pub(crate) use floats::{float, floats, has_floats, no_floats, push, rounded};
pub(crate) use layout::{INDEX, Layout, SINGLE, Shard, Tensor};
pub(crate) use manifest::{MANIFEST, with_manifest};
pub(crate) use mix::{GENERATOR, Mix};
pub(crate) use patch::patched;
pub(crate) use piece::{Bytes, Piece};
pub(crate) use quantised::{WEIGHT, complete, level_of};
pub(crate) use rewrite::{Rewritten, rewrite};
pub(crate) use verbatim::copy_weights;
pub(crate) use weight_file::write_tensors;

/// The file that says what the model is.
pub(crate) const CONFIG: &str = "config.json";

pub(crate) fn read<'a>(files: &'a dyn ModelFiles, file: &str) -> Result<Cow<'a, [u8]>, ExportError> {
    files.read(file).map_err(|source| ExportError::Io { action: "read", file: file.to_owned(), source })
}

/// Some bytes of a file.
pub(crate) fn read_part<'a>(
    files: &'a dyn ModelFiles,
    file: &str,
    part: Range<u64>,
) -> Result<Cow<'a, [u8]>, ExportError> {
    let failed = |source| ExportError::Io { action: "read", file: file.to_owned(), source };
    files.read_part(file, part).map_err(failed)
}

pub(crate) fn write(sink: &mut dyn FileSink, file: &str, bytes: &[u8]) -> Result<(), ExportError> {
    sink.write(file, bytes).map_err(|source| ExportError::Io {
        action: "write",
        file: file.to_owned(),
        source,
    })
}

pub(crate) fn bad(file: &str, found: impl Into<String>, expected: impl Into<String>) -> ExportError {
    ExportError::BadModel { file: file.to_owned(), found: found.into(), expected: expected.into() }
}

/// config.json as it is stored, which is UTF-8.
pub(crate) fn config_text(files: &dyn ModelFiles) -> Result<String, ExportError> {
    let bytes = read(files, CONFIG)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        bad(CONFIG, format!("not UTF-8 at byte {}", error.valid_up_to()), "JSON in UTF-8")
    })?;
    Ok(text.to_owned())
}

/// Writes the index of several weight files.
pub(crate) fn write_index(
    sink: &mut dyn FileSink,
    total_size: u64,
    weight_map: BTreeMap<&str, &str>,
) -> Result<(), ExportError> {
    let index = Index { metadata: IndexMetadata { total_size }, weight_map };
    write(sink, INDEX, &wire::to_bytes(INDEX, &index)?)
}

#[derive(Serialize)]
struct Index<'a> {
    metadata: IndexMetadata,
    weight_map: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct IndexMetadata {
    total_size: u64,
}
