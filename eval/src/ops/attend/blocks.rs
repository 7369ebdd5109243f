//! Attention by Burn's operations, in blocks of queries whose scores fit into a device's memory.

use std::ops::Range;

use burn_tensor::{Bool, DType, Device, Int, Tensor};

use super::{Cache, HeadConfig};
use crate::compute::Compute;
use crate::ops::heads::{HeadLayout, Heads};
use crate::ops::quantise::{Grid, quantise};
use crate::ops::scores::ScoreRule;

/// Scores per block: 256 MiB in float32.
const SCORES: usize = 1 << 26;

/// See [`super::attend`].
pub(super) fn attend(
    compute: &Compute,
    heads: Heads,
    layout: HeadLayout,
    views: &[HeadConfig],
    rule: ScoreRule<'_>,
) -> Tensor<2> {
    let HeadLayout { sequences, tokens, kv_heads, group, value_dim, .. } = layout;
    let blocks = Blocks {
        queries: heads.queries,
        keys: Side::new(compute, heads.keys, views, |cache| cache.keys.as_ref()),
        values: Side::new(compute, heads.values, views, |cache| cache.values.as_ref()),
        layout,
        views,
        rule,
    };
    let step = (SCORES / (views.len() * group * tokens)).max(1);
    let mixed = (0..tokens).step_by(step).map(|first| blocks.block(first..(first + step).min(tokens)));
    Tensor::cat(mixed.collect(), 1).reshape([sequences * tokens, kv_heads * group * value_dim])
}

/// Keys or values, `[rows, tokens, channels]`; a row is a KV head of a sequence.
struct Side {
    /// What queries meet beyond the recent window.
    stored: Tensor<3>,
    /// What they meet within it, where that differs for any row.
    near: Option<Tensor<3>>,
}

impl Side {
    fn new(
        compute: &Compute,
        exact: Tensor<3>,
        views: &[HeadConfig],
        grid: fn(&Cache) -> Option<&Grid>,
    ) -> Self {
        let grids: Vec<Option<&Grid>> = views.iter().map(|view| view.cache.as_ref().and_then(grid)).collect();
        if grids.iter().all(Option::is_none) {
            return Self { stored: exact, near: None };
        }
        let (shape, device) = (exact.dims(), exact.device());
        let quantised = quantise(compute, exact.clone(), &grids);
        let sinks = limits(views, &device, |view| view.cache.as_ref().map_or(0, |cache| cache.sink));
        let position: Tensor<3, Int> = Tensor::arange(0..shape[1] as i64, &device).reshape([1, shape[1], 1]);
        let kept = position.expand(shape).lower(sinks.expand(shape));
        let stored = quantised.mask_where(kept, exact.clone());
        let near = views.iter().any(|view| recent(view) > 0).then_some(exact);
        Self { stored, near }
    }
}

/// Last positions that a head meets exactly, the query's own included.
fn recent(view: &HeadConfig) -> usize {
    view.cache.as_ref().map_or(0, |cache| cache.recent)
}

struct Blocks<'a> {
    /// `[rows, group, tokens, head_dim]`.
    queries: Tensor<4>,
    keys: Side,
    values: Side,
    layout: HeadLayout,
    views: &'a [HeadConfig],
    rule: ScoreRule<'a>,
}

impl Blocks<'_> {
    /// Attention of the queries `at`: `[sequences, queries, heads·value_dim]`.
    fn block(&self, at: Range<usize>) -> Tensor<3> {
        let HeadLayout { sequences, kv_heads, group, head_dim, value_dim, .. } = self.layout;
        let rows = self.views.len();
        let lines = group * at.len();
        let asked = self.queries.clone().narrow(2, at.start, at.len()).reshape([rows, lines, head_dim]);
        let first = self.views.iter().map(|view| view.look.first_visible(at.start)).min().unwrap_or(0);
        let seen = first..at.end;
        let columns =
            |side: &Tensor<3>, columns: &Range<usize>| side.clone().narrow(1, columns.start, columns.len());
        let mut scores = asked.clone().matmul(columns(&self.keys.stored, &seen).swap_dims(1, 2));
        let near = self.near(&at, first);
        let place = [0..rows, 0..lines, near.start - first..near.end - first];
        if let Some(exact) = &self.keys.near {
            let exact = asked.matmul(columns(exact, &near).swap_dims(1, 2));
            let chosen = scores.clone().slice(place.clone()).mask_where(self.exact(&at, &near), exact);
            scores = scores.slice_assign(place.clone(), chosen);
        }
        let weights = self.softmax(scores, &at, first);
        let stored = columns(&self.values.stored, &seen);
        let mixed = match &self.values.near {
            None => weights.matmul(stored),
            Some(exact) => {
                // A·(v' + exact∘(v − v')): only columns within a window are multiplied twice.
                let part = weights.clone().slice(place);
                let part = part.mask_fill(self.exact(&at, &near).bool_not(), 0.0);
                let rest = columns(exact, &near) - columns(&self.values.stored, &near);
                weights.matmul(stored) + part.matmul(rest)
            }
        };
        mixed.reshape([sequences, kv_heads * group, at.len(), value_dim]).swap_dims(1, 2).reshape([
            sequences,
            at.len(),
            kv_heads * group * value_dim,
        ])
    }

    /// Positions, from `first` on, that any head meets exactly as recent ones.
    fn near(&self, at: &Range<usize>, first: usize) -> Range<usize> {
        let longest = self.views.iter().map(recent).max().unwrap_or(0).max(1);
        (at.start + 1).saturating_sub(longest).max(first)..at.end
    }

    /// Which of `columns` each line meets exactly as recent ones: `[rows, group·queries, columns]`.
    fn exact(&self, at: &Range<usize>, columns: &Range<usize>) -> Tensor<3, Bool> {
        let device = self.queries.device();
        let full = [self.views.len(), at.len(), columns.len()];
        let (_, age) = key_and_age(at, columns, &device);
        let exact = age.expand(full).lower(limits(self.views, &device, recent).expand(full));
        self.by_line(exact)
    }

    fn softmax(&self, scores: Tensor<3>, at: &Range<usize>, first: usize) -> Tensor<3> {
        let dtype = scores.dtype();
        let hidden = self.by_line(self.hidden(at, &(first..at.end)));
        let scores = self.rule.capped(scores.cast(DType::F32)).mask_fill(hidden, f32::NEG_INFINITY);
        self.rule.softmax(scores, self.layout.kv_heads).cast(dtype)
    }

    /// What is invisible: `[rows, queries, columns]`.
    fn hidden(&self, at: &Range<usize>, columns: &Range<usize>) -> Tensor<3, Bool> {
        let device = self.queries.device();
        let full = [self.views.len(), at.len(), columns.len()];
        let limit = |of: fn(&HeadConfig) -> usize| limits(self.views, &device, of).expand(full);
        let (key, age) = key_and_age(at, columns, &device);
        let (key, age) = (key.expand(full), age.expand(full));
        let too_old = age.clone().greater_equal(limit(|view| view.look.window));
        // Tokens of the chunk before the query.
        let within = (key.clone() + age.clone()).remainder(limit(|view| view.look.chunk));
        let other_chunk = age.clone().greater(within);
        let beyond = age.clone().greater_equal(limit(|view| view.look.span));
        let no_sink = key.greater_equal(limit(|view| view.look.sink));
        age.lower_elem(0).bool_or(too_old).bool_or(other_chunk).bool_or(beyond.bool_and(no_sink))
    }

    /// `[rows, queries, columns]` for every query head of a group: `[rows, group·queries, columns]`.
    fn by_line(&self, mask: Tensor<3, Bool>) -> Tensor<3, Bool> {
        let [rows, queries, columns] = mask.dims();
        let group = self.layout.group;
        mask.reshape([rows, 1, queries, columns]).expand([rows, group, queries, columns]).reshape([
            rows,
            group * queries,
            columns,
        ])
    }
}

/// One whole number per row: `[rows, 1, 1]`.
fn limits(views: &[HeadConfig], device: &Device, of: impl Fn(&HeadConfig) -> usize) -> Tensor<3, Int> {
    let limits: Vec<i32> = views.iter().map(|view| i32::try_from(of(view)).unwrap_or(i32::MAX)).collect();
    Tensor::<1, Int>::from_data(limits.as_slice(), device).reshape([views.len(), 1, 1])
}

/// Position of each key, and how many tokens before the query it lies: `[1, queries, keys]` each.
fn key_and_age(
    queries: &Range<usize>,
    keys: &Range<usize>,
    device: &Device,
) -> (Tensor<3, Int>, Tensor<3, Int>) {
    let range = |run: &Range<usize>| Tensor::arange(run.start as i64..run.end as i64, device);
    let full = [1, queries.len(), keys.len()];
    let key = range(keys).reshape([1, 1, keys.len()]).expand(full);
    let query = range(queries).reshape([1, queries.len(), 1]).expand(full);
    (key.clone(), query - key)
}
