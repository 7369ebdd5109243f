//! Rates by ordered thresholds on the complexity of a chunk, the rule of DLFR-VAE.
//!
//! The thresholds of the paper could not be read, so there are none here that are called published: the rule is published, its
//! numbers are tuned.

use crate::chunks::{Chunks, RATES, Schedule};

/// Thresholds between the four rates, ascending: below the first one an eighth is kept, from the last one on all.
pub type Thresholds = [f64; RATES.len() - 1];

/// The schedule of these thresholds.
pub fn schedule(complexities: &[f64], thresholds: &Thresholds) -> Schedule {
    let rate = |complexity: &f64| thresholds.iter().filter(|&threshold| complexity < threshold).count();
    complexities.iter().map(rate).collect()
}

/// The schedule of the thresholds times the smallest factor of 1 or more that keeps at most `budget` frames.
///
/// As VGDFR does with its own threshold, the factor is found per clip; then a pair of ratios is what thresholds say under a
/// budget. Factors are tried where they matter, at the ratios of a complexity and a threshold. Thresholds of 0 cannot grow, so where
/// no factor suffices the chunks of least complexity go down to an eighth until the budget holds.
pub fn within(complexities: &[f64], thresholds: &Thresholds, chunks: Chunks, budget: usize) -> Schedule {
    let scaled = |factor: f64| schedule(complexities, &thresholds.map(|threshold| threshold * factor));
    let plain = scaled(1.0);
    if chunks.total(&plain) <= budget {
        return plain;
    }
    let mut factors: Vec<f64> = complexities
        .iter()
        .flat_map(|complexity| thresholds.iter().filter(|&&cut| cut > 0.0).map(move |cut| complexity / cut))
        // Just above the ratio, so that the complexity is below its threshold.
        .map(|ratio| ratio * (1.0 + 1e-12))
        .filter(|&factor| factor > 1.0)
        .collect();
    factors.sort_by(f64::total_cmp);
    let first = factors.partition_point(|&factor| chunks.total(&scaled(factor)) > budget);
    let found = scaled(factors.get(first).or(factors.last()).copied().unwrap_or(1.0));
    thinned(found, complexities, chunks, budget)
}

/// A schedule whose chunks of least complexity go down to an eighth until the budget holds.
pub(crate) fn thinned(
    mut schedule: Schedule,
    complexities: &[f64],
    chunks: Chunks,
    budget: usize,
) -> Schedule {
    let mut order: Vec<usize> = (0..schedule.len()).collect();
    order.sort_by(|&one, &other| complexities[one].total_cmp(&complexities[other]).then(one.cmp(&other)));
    for chunk in order {
        if chunks.total(&schedule) <= budget {
            break;
        }
        schedule[chunk] = RATES.len() - 1;
    }
    schedule
}

/// The thresholds among all that lie between two complexities whose schedule is worth most within the budget, by `worth`:
/// what tuning on the clip itself gives. Complexities are thinned to `most` cuts.
pub fn tuned(
    complexities: &[f64],
    chunks: Chunks,
    budget: usize,
    most: usize,
    worth: impl Fn(&[usize]) -> f64,
) -> (Thresholds, Schedule) {
    let mut sorted = complexities.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    let mut cuts = vec![0.0];
    cuts.extend(sorted.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0));
    cuts.push(sorted.last().map_or(1.0, |last| last + 1.0));
    let stride = cuts.len().div_ceil(most.max(2));
    let last = cuts.len() - 1;
    let cuts: Vec<f64> = cuts
        .iter()
        .enumerate()
        .filter(|(index, _)| index % stride == 0 || *index == last)
        .map(|(_, &cut)| cut)
        .collect();
    let mut best: Option<(f64, Thresholds, Schedule)> = None;
    for (one, &first) in cuts.iter().enumerate() {
        for (two, &second) in cuts.iter().enumerate().skip(one) {
            for &third in &cuts[two..] {
                let thresholds = [first, second, third];
                let schedule = schedule(complexities, &thresholds);
                if chunks.total(&schedule) > budget {
                    continue;
                }
                let value = worth(&schedule);
                if best.as_ref().is_none_or(|known| value > known.0) {
                    best = Some((value, thresholds, schedule));
                }
            }
        }
    }
    match best {
        Some((_, thresholds, schedule)) => (thresholds, schedule),
        None => ([f64::INFINITY; 3], vec![RATES.len() - 1; chunks.count()]),
    }
}
