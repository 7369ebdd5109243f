//! Frames that are kept without a look at the clip.

use crate::chunks::{Chunks, RATES, Schedule};
use attune_random::Random;

/// `budget` frames, evenly spaced from the first to the last; at least these two.
pub fn frames(frames: usize, budget: usize) -> Vec<usize> {
    let steps = budget.clamp(2, frames) - 1;
    (0..=steps).map(|step| (2 * step * (frames - 1) + steps) / (2 * steps)).collect()
}

/// The schedule whose chunks have the two neighbouring rates that meet the budget, the denser one evenly spread.
pub fn schedule(chunks: Chunks, budget: usize) -> Schedule {
    let count = chunks.count();
    let spread = |rate: usize, denser: usize| -> Schedule {
        (0..count)
            .map(|chunk| if (chunk + 1) * denser / count > chunk * denser / count { rate - 1 } else { rate })
            .collect()
    };
    for rate in 1..RATES.len() {
        let found =
            (0..=count).rev().map(|denser| spread(rate, denser)).find(|found| chunks.total(found) <= budget);
        if let Some(found) = found {
            return found;
        }
    }
    vec![RATES.len() - 1; count]
}

/// A random schedule within the budget: chunks in random order go up by one rate as long as the budget holds.
pub fn random(chunks: Chunks, budget: usize, random: &mut Random) -> Schedule {
    filled(vec![RATES.len() - 1; chunks.count()], chunks, budget, random)
}

/// `schedule` with random chunks up by one rate as long as the budget holds.
pub(crate) fn filled(mut schedule: Schedule, chunks: Chunks, budget: usize, random: &mut Random) -> Schedule {
    let mut open: Vec<usize> = (0..schedule.len()).collect();
    while !open.is_empty() {
        let place = random.below(open.len());
        let chunk = open[place];
        if schedule[chunk] > 0 {
            schedule[chunk] -= 1;
            if chunks.total(&schedule) <= budget {
                continue;
            }
            schedule[chunk] += 1;
        }
        open.swap_remove(place);
    }
    schedule
}
