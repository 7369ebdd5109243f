//! Decides which tensors go where.

use std::collections::HashSet;

use attune_core::exporter::ExportError;
use attune_core::facts::ModelFacts;

use super::bad;
use super::fold::Fold;
use super::layout::{INDEX, Layout, SINGLE, Shard, Tensor};
use super::names::{PARTS, Role, expert_name, role, router_name};

/// One file that will be written.
pub(super) struct Job<'a> {
    pub(super) source: &'a str,
    pub(super) target: String,
    pub(super) moves: Vec<Move<'a>>,
}

/// What becomes of one tensor that stays.
pub(super) struct Move<'a> {
    pub(super) from: &'a str,
    pub(super) to: String,
    /// The layer whose router this is: its rows are sliced.
    pub(super) router: Option<u32>,
}

/// Decides what becomes of every tensor, and finds out whether all that are needed are there.
pub(super) fn plan<'a>(
    layout: &'a Layout,
    fold: &Fold,
    model: &ModelFacts,
) -> Result<Vec<Job<'a>>, ExportError> {
    let mut jobs = Vec::with_capacity(layout.shards.len());
    for shard in &layout.shards {
        let moves =
            shard.tensors.iter().filter_map(|tensor| plan_tensor(shard, tensor, fold, model).transpose());
        let moves = moves.collect::<Result<Vec<_>, _>>()?;
        // A shard of which nothing is left is not written.
        if !moves.is_empty() {
            jobs.push(Job { source: &shard.file, target: SINGLE.to_owned(), moves });
        }
    }
    if layout.sharded {
        let count = jobs.len();
        for (index, job) in jobs.iter_mut().enumerate() {
            job.target = format!("model-{:05}-of-{count:05}.safetensors", index + 1);
        }
    }
    complete(layout, model)?;
    Ok(jobs)
}

fn plan_tensor<'a>(
    shard: &Shard,
    tensor: &'a Tensor,
    fold: &Fold,
    model: &ModelFacts,
) -> Result<Option<Move<'a>>, ExportError> {
    let from = tensor.name.as_str();
    Ok(match role(&shard.file, from, model)? {
        Role::Other => Some(Move { from, to: from.to_owned(), router: None }),
        Role::Router { layer } => {
            let expected = [model.experts as usize, model.hidden as usize];
            if tensor.shape != expected {
                let found = format!("tensor `{from}` has shape {:?}", tensor.shape);
                return Err(bad(&shard.file, found, format!("{expected:?} (experts × hidden)")));
            }
            // Packed formats can share a byte between two rows.
            if !tensor.bytes.is_multiple_of(expected[0]) {
                let found = format!("tensor `{from}` has {} bytes", tensor.bytes);
                return Err(bad(&shard.file, found, format!("{} rows of whole bytes", expected[0])));
            }
            Some(Move { from, to: from.to_owned(), router: Some(layer) })
        }
        Role::Expert { layer, expert, part } => fold.renumbered(layer, expert).map(|new| Move {
            from,
            to: expert_name(layer, new as u32, part),
            router: None,
        }),
    })
}

/// Every layer has its router and every expert its three matrices.
fn complete(layout: &Layout, model: &ModelFacts) -> Result<(), ExportError> {
    let stored: HashSet<&str> = layout.tensors().map(|tensor| tensor.name.as_str()).collect();
    let experts =
        |layer| (0..model.experts).flat_map(move |expert| PARTS.map(|part| expert_name(layer, expert, part)));
    let needed =
        (0..model.layers).flat_map(|layer| std::iter::once(router_name(layer)).chain(experts(layer)));
    match needed.into_iter().find(|name| !stored.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let file = if layout.sharded { INDEX } else { SINGLE };
            let expected =
                format!("a Mixtral checkpoint with {} layers of {} experts", model.layers, model.experts);
            Err(bad(file, format!("tensor `{name}` is missing"), expected))
        }
    }
}
