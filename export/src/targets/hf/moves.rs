//! Decides which tensors go where.

use std::collections::{HashMap, HashSet};

use attune_core::exporter::ExportError;
use attune_families::tensors::{ExpertNames, ExpertRole};
use attune_vocabulary::ModelFacts;

use super::fold::Fold;
use super::names::role;
use crate::checkpoint::{INDEX, Layout, SINGLE, Shard, Tensor, bad, has_floats};

/// One file that will be written.
pub(super) struct Job<'a> {
    pub(super) source: &'a str,
    pub(super) target: String,
    pub(super) moves: Vec<Move<'a>>,
}

/// One tensor that will be written.
pub(super) struct Move<'a> {
    /// The tensor in whose place it stands.
    pub(super) from: &'a str,
    pub(super) to: String,
    pub(super) made: Made<'a>,
}

/// How a tensor is made.
pub(super) enum Made<'a> {
    /// Byte for byte.
    Copy,
    /// These elements along an axis; the axes before it have one element.
    Rows {
        /// The axis.
        axis: usize,
        /// The elements, in their new order.
        rows: Vec<u32>,
    },
    /// The sum of coefficient · tensor.
    Sum(Vec<Term<'a>>),
    /// Along the first axis of a tensor of all experts: for each new expert, the sum of coefficient · old one.
    Stack(Vec<Vec<(f32, u32)>>),
}

/// A tensor of some file, with its coefficient.
pub(super) struct Term<'a> {
    pub(super) number: f32,
    pub(super) file: &'a str,
    pub(super) tensor: &'a str,
}

/// Every tensor, with its file.
type Stored<'a> = HashMap<&'a str, (&'a str, &'a Tensor)>;

/// Decides what becomes of every tensor, and finds out whether all that are needed are there. Those of `predictors` layers
/// behind the last are left out.
pub(super) fn plan<'a>(
    layout: &'a Layout,
    fold: &Fold,
    model: &ModelFacts,
    predictors: u32,
) -> Result<Vec<Job<'a>>, ExportError> {
    let names = fold.names();
    // Layers behind the last, which predict tokens further on: they have experts of their own.
    let behind = model.layers..model.layers.saturating_add(predictors);
    complete(layout, fold, model)?;
    let shards = layout.shards.iter();
    let stored: Stored<'a> = shards
        .flat_map(|shard| {
            shard.tensors.iter().map(|tensor| (tensor.name.as_str(), (shard.file.as_str(), tensor)))
        })
        .collect();
    let mut jobs = Vec::with_capacity(layout.shards.len());
    for shard in &layout.shards {
        let mut moves = Vec::with_capacity(shard.tensors.len());
        for tensor in &shard.tensors {
            if attune_families::tensors::layer_of(&tensor.name).is_some_and(|layer| behind.contains(&layer)) {
                continue;
            }
            plan_tensor(shard, tensor, &stored, (fold, names), model, &mut moves)?;
        }
        jobs.push(Job::new(shard, moves));
    }
    Ok(named(jobs, layout))
}

impl<'a> Job<'a> {
    /// What becomes of one file.
    pub(super) fn new(source: &'a Shard, moves: Vec<Move<'a>>) -> Self {
        Self { source: &source.file, target: SINGLE.to_owned(), moves }
    }
}

/// The files as they are numbered; one of which nothing is left is not written.
pub(super) fn named<'a>(mut jobs: Vec<Job<'a>>, layout: &Layout) -> Vec<Job<'a>> {
    jobs.retain(|job| !job.moves.is_empty());
    if layout.sharded {
        let count = jobs.len();
        for (index, job) in jobs.iter_mut().enumerate() {
            job.target = format!("model-{:05}-of-{count:05}.safetensors", index + 1);
        }
    }
    jobs
}

fn plan_tensor<'a>(
    shard: &Shard,
    tensor: &'a Tensor,
    stored: &Stored<'a>,
    (fold, names): (&Fold, &ExpertNames),
    model: &ModelFacts,
    moves: &mut Vec<Move<'a>>,
) -> Result<(), ExportError> {
    let from = tensor.name.as_str();
    // A tensor without elements is a mere name, and part of nothing.
    let role =
        if tensor.shape.contains(&0) { ExpertRole::Other } else { role(&shard.file, from, names, model)? };
    match role {
        ExpertRole::Foreign | ExpertRole::Other => {
            moves.push(Move { from, to: from.to_owned(), made: Made::Copy })
        }
        ExpertRole::PerExpert { layer } => {
            let experts = model.experts as usize;
            let expected = [experts, model.hidden as usize];
            // Ernie stores the correction as a matrix of one row.
            let axis = usize::from(tensor.shape == [1, experts] && expected != [1, experts]);
            if tensor.shape != expected && tensor.shape != expected[..1] && axis == 0 {
                let found = format!("tensor `{from}` has shape {:?}", tensor.shape);
                return Err(bad(&shard.file, found, format!("{expected:?} (experts × hidden)")));
            }
            // Packed formats can share a byte between two rows.
            if !tensor.bytes.is_multiple_of(expected[0]) {
                let found = format!("tensor `{from}` has {} bytes", tensor.bytes);
                return Err(bad(&shard.file, found, format!("{} rows of whole bytes", expected[0])));
            }
            let rows = fold.layer(layer).rows.clone();
            moves.push(Move { from, to: from.to_owned(), made: Made::Rows { axis, rows } });
        }
        ExpertRole::Stacked { layer } => {
            let terms = fold.layer(layer).weights.clone();
            let first = tensor.shape.first().copied().unwrap_or(0);
            if first != model.experts as usize || !tensor.bytes.is_multiple_of(first) {
                let found = format!("tensor `{from}` has shape {:?}", tensor.shape);
                return Err(bad(
                    &shard.file,
                    found,
                    format!("{} experts along its first axis", model.experts),
                ));
            }
            if terms.iter().any(|terms| !matches!(terms[..], [(1.0, _)])) && !has_floats(tensor.dtype) {
                let found = format!("tensor `{from}` is stored as {:?}", tensor.dtype);
                return Err(bad(&shard.file, found, "F32, F16 or BF16, which can be merged"));
            }
            moves.push(Move { from, to: from.to_owned(), made: Made::Stack(terms) });
        }
        // New experts stand where the experts stood whose rows of the router they have.
        ExpertRole::Expert { layer, expert, part } => {
            let part = names.parts()[part].as_str();
            let folded = fold.layer(layer);
            for (new, terms) in
                folded.weights.iter().enumerate().filter(|(new, _)| folded.rows[*new] == expert)
            {
                let to = names.expert(layer, &new.to_string(), part);
                let made = match terms[..] {
                    [(1.0, same)] if same == expert => Made::Copy,
                    _ => Made::Sum(sum(
                        shard,
                        tensor,
                        stored,
                        &|expert| names.expert(layer, &expert.to_string(), part),
                        terms,
                    )?),
                };
                moves.push(Move { from, to, made });
            }
        }
    }
    Ok(())
}

/// The terms of a sum in the place of `tensor`: of its shape, and of types that can be summed unless there is nothing to
/// sum.
fn sum<'a>(
    shard: &Shard,
    tensor: &Tensor,
    stored: &Stored<'a>,
    name_of: &dyn Fn(u32) -> String,
    terms: &[(f32, u32)],
) -> Result<Vec<Term<'a>>, ExportError> {
    let computed = !matches!(terms, [(1.0, _)]);
    let summable = |file: &str, tensor: &Tensor| {
        if !computed || has_floats(tensor.dtype) {
            return Ok(());
        }
        let found = format!("tensor `{}` is stored as {:?}", tensor.name, tensor.dtype);
        Err(bad(file, found, "F32, F16 or BF16, which can be merged"))
    };
    summable(&shard.file, tensor)?;
    let term = |&(number, expert): &(f32, u32)| {
        let name = name_of(expert);
        let lacks = || bad(&shard.file, format!("tensor `{name}` is missing"), "every expert of the layer");
        let (file, other) = *stored.get(name.as_str()).ok_or_else(lacks)?;
        summable(file, other)?;
        if other.shape != tensor.shape {
            let found = format!("tensor `{name}` has shape {:?}", other.shape);
            let expected = format!("{:?}, as `{}` has", tensor.shape, tensor.name);
            return Err(bad(file, found, expected));
        }
        Ok(Term { number, file, tensor: &other.name })
    };
    terms.iter().map(term).collect()
}

/// Every layer with experts has its router, and every expert its matrices.
fn complete(layout: &Layout, fold: &Fold, model: &ModelFacts) -> Result<(), ExportError> {
    let stored: HashSet<&str> = layout.tensors().map(|tensor| tensor.name.as_str()).collect();
    let names = fold.names();
    let experts = if names.are_stacked() { 1 } else { model.experts };
    let of = |layer| {
        (0..experts).flat_map(move |expert| {
            names.parts().iter().map(move |part| names.expert(layer, &expert.to_string(), part))
        })
    };
    let needed =
        fold.mixtures().iter().flat_map(|&layer| std::iter::once(names.router(layer)).chain(of(layer)));
    match needed.into_iter().find(|name| !stored.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let file = if layout.sharded { INDEX } else { SINGLE };
            let kind = fold.family().architecture.trim_end_matches("ForCausalLM");
            let expected =
                format!("a {kind} checkpoint with {} layers of {} experts", model.layers, model.experts);
            Err(bad(file, format!("tensor `{name}` is missing"), expected))
        }
    }
}
