//! Attention of a tile: 16 neighbouring queries of one head.
//!
//! Queries are the lanes of vectors, so softmax has no sums across a vector and every product is the same one.
//! Keys that no query of the tile sees are never multiplied. Every sum is over the positions that a query sees, in a
//! fixed order, whatever else runs beside it.
//!
//! Everything here is inlined into the caller, which is compiled for the vectors of this processor. A closure would
//! stay a function of its own that is not.

use std::ops::Range;

use pulp::Simd;

use super::AttentionMask;
use super::packed::{Packed, Side};
use super::product::{Factors, GROUP, LANES, Lanes, add_product};
use super::seen::Seen;
use crate::ops::math;

/// Which queries, of which head.
#[derive(Clone, Copy)]
pub(super) struct Tile<'a> {
    /// Every query of the head, `[tokens, head_dim]`.
    pub(super) queries: &'a [f32],
    pub(super) head_dim: usize,
    /// Channels of a value.
    pub(super) value_dim: usize,
    /// Position of the first query.
    pub(super) first: usize,
    /// Position after the last.
    pub(super) end: usize,
    pub(super) look: AttentionMask,
    pub(super) packed: &'a Packed,
    /// Soft-cap of the scores.
    pub(super) cap: Option<f32>,
    /// A logit of the head that no value belongs to.
    pub(super) sink: Option<f32>,
}

/// Memory that tiles use one after the other.
#[derive(Default)]
pub(super) struct Scratch {
    queries: Vec<Lanes>,
    /// Scores, then weights, by position.
    weights: Vec<Lanes>,
    /// Weights of positions that are exact for some queries and not for others.
    border: Vec<Lanes>,
}

impl Tile<'_> {
    /// Calls `write(channels, sums)` with what is mixed from the values: for each group of channels, from
    /// `channels` on, a vector of queries per channel.
    #[inline(always)]
    pub(super) fn run<S: Simd>(
        self,
        simd: S,
        scratch: &mut Scratch,
        mut write: impl FnMut(usize, &[Lanes; GROUP]),
    ) {
        let Scratch { queries, weights, border } = scratch;
        let tokens = self.queries.len() / self.head_dim;
        queries.resize(self.head_dim, [0.0; LANES]);
        weights.resize(tokens.next_multiple_of(GROUP), [0.0; LANES]);
        self.turn(queries);
        let seen = Seen::new(&self.look, self.first, self.end);
        self.score(simd, queries, &seen, weights);
        self.bound(&seen, weights);
        self.hide(&seen, weights);
        let total = softmax(&seen, weights, self.sink);
        let scale = total.map(|total| 1.0 / total);
        self.split(&seen, weights, border);
        for channels in (0..self.value_dim).step_by(GROUP) {
            let mut sums = [[0.0; LANES]; GROUP];
            self.mix(simd, &seen, weights, border, channels / GROUP * tokens, &mut sums);
            for sums in &mut sums {
                for lane in 0..LANES {
                    sums[lane] *= scale[lane];
                }
            }
            write(channels, &sums);
        }
    }

    /// Queries as lanes; lanes after the last query are 0.
    #[inline(always)]
    fn turn(self, lanes: &mut [Lanes]) {
        if self.end - self.first < LANES {
            lanes.fill([0.0; LANES]);
        }
        let rows = &self.queries[self.first * self.head_dim..self.end * self.head_dim];
        for (lane, row) in rows.chunks_exact(self.head_dim).enumerate() {
            for (lanes, value) in lanes.iter_mut().zip(row) {
                lanes[lane] = *value;
            }
        }
    }

    /// Queries times keys, by groups of keys of which at least one is seen.
    #[inline(always)]
    fn score<S: Simd>(self, simd: S, queries: &[Lanes], seen: &Seen, scores: &mut [Lanes]) {
        let Side { stored, near } = &self.packed.keys;
        let recent = self.packed.recent;
        let mut done = 0;
        for run in seen.any.iter().filter(|run| !run.is_empty()) {
            for group in done.max(run.start / GROUP)..run.end.div_ceil(GROUP) {
                let at = group * GROUP;
                let keys = group * self.head_dim..(group + 1) * self.head_dim;
                let found = match near {
                    Some(near) if at + recent >= self.end => product(simd, &near[keys], queries),
                    Some(near) if at + GROUP + recent > self.first + 1 => {
                        let mut found = product(simd, &stored[keys.clone()], queries);
                        let exact = product(simd, &near[keys], queries);
                        for (member, (found, exact)) in found.iter_mut().zip(&exact).enumerate() {
                            let count = self.exact_lanes(at + member);
                            found[..count].copy_from_slice(&exact[..count]);
                        }
                        found
                    }
                    _ => product(simd, &stored[keys], queries),
                };
                scores[at..at + GROUP].copy_from_slice(&found);
                done = group + 1;
            }
        }
    }

    /// How many queries, the first ones, meet `position` within the recent window.
    #[inline(always)]
    fn exact_lanes(self, position: usize) -> usize {
        (position + self.packed.recent).saturating_sub(self.first).min(LANES)
    }

    /// Scores with the cap.
    #[inline(always)]
    fn bound(self, seen: &Seen, scores: &mut [Lanes]) {
        let Some(cap) = self.cap else { return };
        for position in seen.any.iter().cloned().flatten() {
            for score in &mut scores[position] {
                *score = cap * (*score / cap).tanh();
            }
        }
    }

    /// Positions that some queries see and others do not: −∞ for the others.
    #[inline(always)]
    fn hide(self, seen: &Seen, scores: &mut [Lanes]) {
        for position in seen.any.iter().cloned().flatten() {
            if !seen.by_all(position) {
                for (lane, score) in scores[position].iter_mut().enumerate() {
                    if !self.look.sees(self.first + lane, position) {
                        *score = f32::NEG_INFINITY;
                    }
                }
            }
        }
    }

    /// Moves the weights of positions that are exact for only some queries, where they are, to `border`.
    #[inline(always)]
    fn split(self, seen: &Seen, weights: &mut [Lanes], border: &mut Vec<Lanes>) {
        border.clear();
        if self.packed.values.near.is_none() {
            return;
        }
        let positions = self.border();
        border.resize(positions.len(), [0.0; LANES]);
        for (position, border) in positions.zip(border) {
            if seen.any.iter().any(|run| run.contains(&position)) {
                let count = self.exact_lanes(position);
                border[..count].copy_from_slice(&weights[position][..count]);
                weights[position][..count].fill(0.0);
            }
        }
    }

    /// Positions that are exact for some queries and not for others.
    #[inline(always)]
    fn border(self) -> Range<usize> {
        let start = (self.first + 1).saturating_sub(self.packed.recent);
        let end = (self.first + LANES).saturating_sub(self.packed.recent);
        start.min(self.end)..end.min(self.end)
    }

    /// Weights times values of one group of channels, which begin at `channels`.
    #[inline(always)]
    fn mix<S: Simd>(
        self,
        simd: S,
        seen: &Seen,
        weights: &[Lanes],
        border: &[Lanes],
        channels: usize,
        sums: &mut [Lanes; GROUP],
    ) {
        let Side { stored, near } = &self.packed.values;
        let (stored, middle) = (&stored[channels..], self.border());
        let Some(near) = near.as_ref().map(|near| &near[channels..]) else {
            for run in &seen.any {
                add_run(simd, stored, weights, run.clone(), sums);
            }
            return;
        };
        for run in &seen.any {
            add_run(simd, stored, weights, run.start..run.end.min(middle.end).max(run.start), sums);
        }
        add_product(simd, &near[middle.clone()], border, sums);
        for run in &seen.any {
            add_run(simd, near, weights, run.start.max(middle.end).min(run.end)..run.end, sums);
        }
    }
}

#[inline(always)]
fn product<S: Simd>(simd: S, factors: &[Factors], lanes: &[Lanes]) -> [Lanes; GROUP] {
    let mut sums = [[0.0; LANES]; GROUP];
    add_product(simd, factors, lanes, &mut sums);
    sums
}

#[inline(always)]
fn add_run<S: Simd>(
    simd: S,
    factors: &[Factors],
    lanes: &[Lanes],
    run: Range<usize>,
    sums: &mut [Lanes; GROUP],
) {
    add_product(simd, &factors[run.clone()], &lanes[run], sums);
}

/// Turns scores into weights that are not divided by their sums yet, and gives the sums, in which a sink has its share.
#[inline(always)]
fn softmax(seen: &Seen, scores: &mut [Lanes], sink: Option<f32>) -> Lanes {
    const STEP: usize = 4;
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut tops = [[sink.unwrap_or(f32::NEG_INFINITY); LANES]; STEP];
    for run in &seen.any {
        for row in scores[run.clone()].chunks(STEP) {
            for (top, row) in tops.iter_mut().zip(row) {
                for lane in 0..LANES {
                    top[lane] = larger(top[lane], row[lane]);
                }
            }
        }
    }
    let top: Lanes =
        std::array::from_fn(|lane| tops.iter().fold(f32::NEG_INFINITY, |top, tops| larger(top, tops[lane])));
    let mut totals = [[0.0; LANES]; STEP];
    for run in &seen.any {
        for row in scores[run.clone()].chunks_mut(STEP) {
            for (total, row) in totals.iter_mut().zip(row) {
                for lane in 0..LANES {
                    row[lane] = math::exp(row[lane] - top[lane]);
                    total[lane] += row[lane];
                }
            }
        }
    }
    let sum = |lane: usize| (totals[0][lane] + totals[1][lane]) + (totals[2][lane] + totals[3][lane]);
    match sink {
        None => std::array::from_fn(sum),
        Some(sink) => std::array::from_fn(|lane| sum(lane) + math::exp(sink - top[lane])),
    }
}
