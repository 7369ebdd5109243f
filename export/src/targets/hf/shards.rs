//! Writes the weight files: bytes are dropped, renamed and sliced; only merged experts are computed.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};

use super::moves::{Job, Made, Move, Term};
use super::sums::weighted_sum;
use crate::checkpoint::{Layout, Piece, bad, parse, read, write_index, write_tensors};

/// What was done to the tensors.
#[derive(Default, Serialize)]
pub(super) struct Tensors {
    copied: usize,
    renumbered: usize,
    sliced: usize,
    merged: usize,
    dropped: usize,
    bytes: u64,
    bytes_before: u64,
}

/// Writes the files one after the other; at most one of them is in memory, and those whose experts are merged into
/// it.
pub(super) fn write_shards(
    files: &dyn ModelFiles,
    layout: &Layout,
    jobs: &[Job<'_>],
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
        let others = other_files(files, job)?;
        let mut pieces = Vec::with_capacity(job.moves.len());
        for step in &job.moves {
            let view = tensor(&source, job.source, step.from)?;
            let piece = match &step.made {
                Made::Copy => whole(&view),
                Made::Rows { axis, rows } => self::rows(&view, *axis, rows),
                Made::Stack(experts) => stack(&view, experts, job.source)?,
                Made::Sum(terms) => sum(&view, terms, job.source, &source, &others)?,
            };
            done.count(step, piece.bytes.len());
            weight_map.insert(step.to.as_str(), job.target.as_str());
            pieces.push((step.to.as_str(), piece));
        }
        write_tensors(sink, &job.target, "pt", pieces)?;
    }
    if layout.sharded {
        write_index(sink, done.bytes, weight_map)?;
    }
    Ok(done)
}

/// The other files that a job needs tensors of.
fn other_files<'a>(
    files: &'a dyn ModelFiles,
    job: &Job<'a>,
) -> Result<HashMap<&'a str, Cow<'a, [u8]>>, ExportError> {
    let mut others = HashMap::new();
    for step in &job.moves {
        let Made::Sum(terms) = &step.made else { continue };
        for term in terms.iter().filter(|term| term.file != job.source) {
            if !others.contains_key(term.file) {
                others.insert(term.file, read(files, term.file)?);
            }
        }
    }
    Ok(others)
}

fn tensor<'a>(of: &SafeTensors<'a>, file: &str, name: &str) -> Result<TensorView<'a>, ExportError> {
    of.tensor(name).map_err(|error| bad(file, error.to_string(), format!("tensor `{name}`")))
}

impl Tensors {
    pub(super) fn has_merged(&self) -> bool {
        self.merged > 0
    }

    fn count(&mut self, step: &Move<'_>, bytes: usize) {
        self.bytes += bytes as u64;
        match step.made {
            Made::Rows { .. } => self.sliced += 1,
            Made::Sum(_) => self.merged += 1,
            Made::Stack(ref experts) if experts.iter().all(|terms| matches!(terms[..], [(1.0, _)])) => {
                self.sliced += 1;
            }
            Made::Stack(_) => self.merged += 1,
            Made::Copy if step.from == step.to => self.copied += 1,
            Made::Copy => self.renumbered += 1,
        }
    }
}

/// A tensor as it is.
fn whole<'a>(view: &TensorView<'a>) -> Piece<'a> {
    Piece { dtype: view.dtype(), shape: view.shape().to_vec(), bytes: Cow::Borrowed(view.data()) }
}

/// A sum in the place of a tensor; a single term of coefficient 1 is a copy, of whatever type. What is summed of different
/// types is stored as the evaluator computes it, in float32.
fn sum<'a>(
    place: &TensorView<'a>,
    terms: &[Term<'_>],
    file: &str,
    source: &SafeTensors<'a>,
    others: &HashMap<&str, Cow<'_, [u8]>>,
) -> Result<Piece<'a>, ExportError> {
    let mut parts: Vec<(f32, Dtype, Cow<'_, [u8]>)> = Vec::with_capacity(terms.len());
    for Term { number, file: from, tensor: name } in terms {
        let (dtype, bytes) = match others.get(from) {
            None => {
                let view = tensor(source, file, name)?;
                (view.dtype(), Cow::Borrowed(view.data()))
            }
            Some(bytes) => {
                // Borrowed from bytes that outlive this sum only.
                let view = tensor(&parse(from, bytes)?, from, name)?;
                (view.dtype(), Cow::Owned(view.data().to_vec()))
            }
        };
        parts.push((*number, dtype, bytes));
    }
    let (dtype, bytes) = match &parts[..] {
        [(1.0, dtype, bytes)] => (*dtype, bytes.to_vec()),
        parts => {
            let first = parts.first().map_or(place.dtype(), |(_, dtype, _)| *dtype);
            let alike = parts.iter().all(|(_, dtype, _)| *dtype == first);
            let dtype = if alike { first } else { Dtype::F32 };
            let parts: Vec<(f32, Dtype, &[u8])> =
                parts.iter().map(|(number, dtype, bytes)| (*number, *dtype, &**bytes)).collect();
            let expected = "F32, F16 or BF16, which can be merged";
            let elements = place.shape().iter().product();
            let sum = weighted_sum(dtype, &parts, elements)
                .ok_or_else(|| bad(file, format!("experts stored as {dtype:?}"), expected))?;
            (dtype, sum)
        }
    };
    Ok(Piece { dtype, shape: place.shape().to_vec(), bytes: Cow::Owned(bytes) })
}

/// Experts along the first axis, each a copy of an old one or a sum of several.
fn stack<'a>(
    view: &TensorView<'a>,
    experts: &[Vec<(f32, u32)>],
    file: &str,
) -> Result<Piece<'a>, ExportError> {
    let (dtype, mut shape) = (view.dtype(), view.shape().to_vec());
    let width = view.data().len() / shape[0].max(1);
    let old = |expert: u32| &view.data()[expert as usize * width..][..width];
    let mut bytes = Vec::with_capacity(experts.len() * width);
    for terms in experts {
        if let [(1.0, expert)] = terms[..] {
            bytes.extend_from_slice(old(expert));
            continue;
        }
        let parts: Vec<(f32, Dtype, &[u8])> =
            terms.iter().map(|&(number, expert)| (number, dtype, old(expert))).collect();
        let sum = weighted_sum(dtype, &parts, width * 8 / dtype.bitsize()).ok_or_else(|| {
            bad(file, format!("experts stored as {dtype:?}"), "F32, F16 or BF16, which can be merged")
        })?;
        bytes.extend(sum);
    }
    shape[0] = experts.len();
    Ok(Piece { dtype, shape, bytes: Cow::Owned(bytes) })
}

/// The given elements along an axis, in the given order; the axes before it have one element.
fn rows<'a>(view: &TensorView<'a>, axis: usize, rows: &[u32]) -> Piece<'a> {
    let mut shape = view.shape().to_vec();
    let width = view.data().len() / shape[axis];
    let bytes = rows.iter().flat_map(|&row| &view.data()[row as usize * width..][..width]);
    shape[axis] = rows.len();
    Piece { dtype: view.dtype(), shape, bytes: Cow::Owned(bytes.copied().collect()) }
}
