//! Writes the weight files: bytes are dropped, renamed and sliced, never computed.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, TensorView, View};
use serde::Serialize;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};

use super::fold::Fold;
use super::layout::{INDEX, Layout, parse};
use super::moves::{Job, Move};
use super::{bad, read, write};
use crate::wire;

/// What was done to the tensors.
#[derive(Default, Serialize)]
pub(super) struct Tensors {
    copied: usize,
    renumbered: usize,
    sliced: usize,
    dropped: usize,
    bytes: u64,
    bytes_before: u64,
}

/// Writes the files one after the other; at most one of them is in memory.
pub(super) fn write_shards(
    files: &dyn ModelFiles,
    layout: &Layout,
    jobs: &[Job<'_>],
    fold: &Fold,
    sink: &mut FileSink<'_>,
) -> Result<Tensors, ExportError> {
    let mut done = Tensors {
        dropped: layout.tensors().count() - jobs.iter().map(|job| job.moves.len()).sum::<usize>(),
        bytes_before: layout.tensors().map(|tensor| tensor.bytes as u64).sum(),
        ..Tensors::default()
    };
    let mut weight_map = BTreeMap::new();
    for job in jobs {
        let bytes = read(files, job.source)?;
        let source = parse(job.source, &bytes)?;
        let mut pieces = Vec::with_capacity(job.moves.len());
        for step in &job.moves {
            let view = source
                .tensor(step.from)
                .map_err(|error| bad(job.source, error.to_string(), format!("tensor `{}`", step.from)))?;
            let piece = match step.router {
                Some(layer) => Piece::rows(&view, &fold.kept()[layer as usize]),
                None => Piece::whole(&view),
            };
            done.count(step, piece.bytes.len());
            weight_map.insert(step.to.as_str(), job.target.as_str());
            pieces.push((step.to.as_str(), piece));
        }
        // Transformers refuses files whose metadata does not name the framework.
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        let written = safetensors::serialize(pieces, Some(metadata))
            .map_err(|error| bad(job.source, error.to_string(), "tensors that safetensors can store"))?;
        write(sink, &job.target, &written)?;
    }
    if layout.sharded {
        let index = Index { metadata: IndexMetadata { total_size: done.bytes }, weight_map };
        write(sink, INDEX, &wire::to_bytes(INDEX, &index)?)?;
    }
    Ok(done)
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

impl Tensors {
    fn count(&mut self, step: &Move<'_>, bytes: usize) {
        self.bytes += bytes as u64;
        match step.router {
            Some(_) => self.sliced += 1,
            None if step.from == step.to => self.copied += 1,
            None => self.renumbered += 1,
        }
    }
}

/// A tensor, whole or some of its rows.
struct Piece<'a> {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Piece<'a> {
    fn whole(view: &TensorView<'a>) -> Self {
        Self { dtype: view.dtype(), shape: view.shape().to_vec(), bytes: Cow::Borrowed(view.data()) }
    }

    /// The given rows of a matrix, in the given order.
    fn rows(view: &TensorView<'a>, rows: &[u32]) -> Self {
        let (count, columns) = (view.shape()[0], view.shape()[1]);
        let width = view.data().len() / count;
        let bytes = rows.iter().flat_map(|&row| &view.data()[row as usize * width..][..width]);
        Self {
            dtype: view.dtype(),
            shape: vec![rows.len(), columns],
            bytes: Cow::Owned(bytes.copied().collect()),
        }
    }
}

impl View for Piece<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}
