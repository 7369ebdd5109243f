//! The greedy schedule of VGDFR, from its code (MIT): sixteen frames become four when those of each four are alike, else eight
//! become four when those of each two are.
//!
//! [`within`] is that schedule. [`schedule`] is its rule on the chunks that everything else here decides about, so that both can be
//! compared chunk by chunk.
//!
//! VGDFR averages the frames that it merges. Here the first of them is kept and the others are interpolated, as everywhere in this
//! crate.

use crate::chunks::Schedule;
use crate::quality::Quality;
use crate::thresholds::thinned;

/// Frames at the end that are never merged.
const TAIL: usize = 9;
/// Merging by four is allowed below this threshold.
const LOOSE: f64 = 0.5;

/// The frames that stay when frames whose similarity is above `threshold` are merged, ascending.
pub fn kept(quality: &Quality, threshold: f64) -> Vec<usize> {
    let frames = quality.chunks().frames();
    let mut kept = vec![0];
    let mut frame = 1;
    while frame + TAIL < frames {
        if threshold < LOOSE && frame + 16 < frames && quads_alike(quality, frame, threshold) {
            kept.extend((0..4).map(|quad| frame + 4 * quad));
            frame += 16;
        } else if (0..4).all(|pair| quality.pair(frame + 2 * pair, frame + 2 * pair + 1) > threshold) {
            kept.extend((0..4).map(|pair| frame + 2 * pair));
            frame += 8;
        } else {
            kept.push(frame);
            frame += 1;
        }
    }
    kept.extend(frame..frames);
    kept
}

/// Whether all pairs within each four of sixteen frames are alike.
fn quads_alike(quality: &Quality, first: usize, threshold: f64) -> bool {
    (0..4).all(|quad| {
        let start = first + 4 * quad;
        (start..start + 4).all(|one| (one + 1..start + 4).all(|other| quality.pair(one, other) > threshold))
    })
}

/// The frames that stay under the largest threshold in 0.01 to 0.99 that keeps at most `budget` of them, by bisection to 0.001
/// as VGDFR does; where even 0.01 keeps more, those of 0.01.
pub fn within(quality: &Quality, budget: usize) -> Vec<usize> {
    strictest(|threshold| kept(quality, threshold), |kept| kept.len() <= budget)
}

/// The rule on chunks: a quarter is kept where the frames of each four of a chunk are alike, a half where those of each two are. The
/// threshold is found as in [`within`]; where none suffices, the chunks of least complexity go down to an eighth.
pub fn schedule(quality: &Quality, budget: usize) -> Schedule {
    let chunks = quality.chunks();
    let rates = |threshold: f64| -> Schedule {
        let alike = |chunk: usize, of: usize| {
            let range = chunks.range(chunk);
            range.clone().step_by(of).all(|start| {
                let end = (start + of).min(range.end);
                (start..end).all(|one| (one + 1..end).all(|other| quality.pair(one, other) > threshold))
            })
        };
        let rate = |chunk: usize| match (threshold < LOOSE && alike(chunk, 4), alike(chunk, 2)) {
            (true, _) => 2,
            (_, true) => 1,
            _ => 0,
        };
        (0..chunks.count()).map(rate).collect()
    };
    let found = strictest(rates, |schedule| chunks.total(schedule) <= budget);
    thinned(found, &quality.complexities(), chunks, budget)
}

/// What the largest threshold in 0.01 to 0.99 makes that `holds`, by bisection to 0.001; what 0.01 makes where none does.
fn strictest<T>(made: impl Fn(f64) -> T, holds: impl Fn(&T) -> bool) -> T {
    let (mut low, mut high) = (0.01, 0.99);
    let strict = made(high);
    if holds(&strict) {
        return strict;
    }
    let mut found = made(low);
    while high - low > 0.001 {
        let middle = (low + high) / 2.0;
        let tried = made(middle);
        if holds(&tried) {
            (low, found) = (middle, tried);
        } else {
            high = middle;
        }
    }
    found
}
