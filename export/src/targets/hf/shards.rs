//! Writes the weight files: bytes are dropped, renamed and sliced; only merged experts are computed.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::Dtype;
use serde::Serialize;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};

use super::moves::{Job, Made, Move, Term};
use super::sums::weighted_sum;
use crate::checkpoint::{Bytes, Layout, Piece, Shard, Tensor, bad, write_index, write_tensors};

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

/// Where the tensors of a checkpoint are.
struct Source<'a> {
    files: &'a dyn ModelFiles,
    /// By file and name.
    tensors: HashMap<(&'a str, &'a str), (&'a str, &'a Tensor)>,
}

impl<'a> Source<'a> {
    fn new(files: &'a dyn ModelFiles, layout: &'a Layout) -> Self {
        let of = |shard: &'a Shard| {
            let file = shard.file.as_str();
            shard.tensors.iter().map(move |tensor| ((file, tensor.name.as_str()), (file, tensor)))
        };
        Self { files, tensors: layout.shards.iter().flat_map(of).collect() }
    }

    /// A tensor as it is; its bytes are read when they are needed.
    fn whole(&self, file: &str, name: &str) -> Result<Piece<'a>, ExportError> {
        let found = self.tensors.get(&(file, name));
        let &(file, tensor) = found.ok_or_else(|| bad(file, "nothing", format!("tensor `{name}`")))?;
        let bytes = Bytes::There { files: self.files, file, place: tensor.place.clone() };
        Ok(Piece { dtype: tensor.dtype, shape: tensor.shape.clone(), bytes })
    }
}

/// Writes the files one after the other; of one of them, what is sliced and merged is in memory, and one of the others at a time.
pub(super) fn write_shards(
    files: &dyn ModelFiles,
    layout: &Layout,
    jobs: &[Job<'_>],
    sink: &mut dyn FileSink,
) -> Result<Tensors, ExportError> {
    let mut done = Tensors {
        dropped: layout.tensors().count() - jobs.iter().map(|job| job.moves.len()).sum::<usize>(),
        bytes_before: layout.tensors().map(|tensor| tensor.bytes as u64).sum(),
        ..Tensors::default()
    };
    let source = Source::new(files, layout);
    let mut weight_map = BTreeMap::new();
    for job in jobs {
        let mut pieces = Vec::with_capacity(job.moves.len());
        for step in &job.moves {
            let whole = source.whole(job.source, step.from)?;
            let piece = match &step.made {
                Made::Copy => whole,
                Made::Rows { axis, rows } => self::rows(&whole, *axis, rows)?,
                Made::Stack(experts) => stack(&whole, experts, job.source)?,
                Made::Sum(terms) => sum(&whole, terms, job.source, &source)?,
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

/// A sum in the place of a tensor; a single term of coefficient 1 is a copy, of whatever type. What is summed of different
/// types is stored as the evaluator computes it, in float32.
fn sum<'a>(
    place: &Piece<'_>,
    terms: &[Term<'_>],
    file: &str,
    source: &Source<'a>,
) -> Result<Piece<'a>, ExportError> {
    let mut parts: Vec<(f32, Piece<'a>)> = Vec::with_capacity(terms.len());
    for Term { number, file: from, tensor: name } in terms {
        parts.push((*number, source.whole(from, name)?));
    }
    if let [(1.0, _)] = parts[..]
        && let Some((_, Piece { dtype, bytes, .. })) = parts.pop()
    {
        return Ok(Piece { dtype, shape: place.shape.clone(), bytes });
    }
    let first = parts.first().map_or(place.dtype, |(_, part)| part.dtype);
    let alike = parts.iter().all(|(_, part)| part.dtype == first);
    let dtype = if alike { first } else { Dtype::F32 };
    let bytes = parts.iter().map(|(_, part)| part.bytes.read()).collect::<Result<Vec<_>, _>>()?;
    let terms: Vec<(f32, Dtype, &[u8])> =
        parts.iter().zip(&bytes).map(|((number, part), bytes)| (*number, part.dtype, &**bytes)).collect();
    let expected = "F32, F16 or BF16, which can be merged";
    let elements = place.shape.iter().product();
    let sum = weighted_sum(dtype, &terms, elements)
        .ok_or_else(|| bad(file, format!("experts stored as {dtype:?}"), expected))?;
    Ok(Piece { dtype, shape: place.shape.clone(), bytes: sum.into() })
}

/// Experts along the first axis, each a copy of an old one or a sum of several.
fn stack(all: &Piece<'_>, experts: &[Vec<(f32, u32)>], file: &str) -> Result<Piece<'static>, ExportError> {
    let (dtype, mut shape) = (all.dtype, all.shape.clone());
    let data = all.bytes.read()?;
    let width = data.len() / shape[0].max(1);
    let old = |expert: u32| &data[expert as usize * width..][..width];
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
    Ok(Piece { dtype, shape, bytes: bytes.into() })
}

/// The given elements along an axis, in the given order; the axes before it have one element.
fn rows(all: &Piece<'_>, axis: usize, rows: &[u32]) -> Result<Piece<'static>, ExportError> {
    let mut shape = all.shape.clone();
    let data = all.bytes.read()?;
    let width = data.len() / shape[axis];
    let mut bytes = Vec::with_capacity(rows.len() * width);
    rows.iter().for_each(|&row| bytes.extend_from_slice(&data[row as usize * width..][..width]));
    shape[axis] = rows.len();
    Ok(Piece { dtype: all.dtype, shape, bytes: bytes.into() })
}
