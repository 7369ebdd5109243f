//! A search by exchange: some chunks of a clip go a rate up, others make up for them.
//!
//! It sees nothing of a schedule but what it is told that it is worth, as any search of a space with a budget. That the worth of a clip is a sum
//! over its chunks, which is what [`optimum`](crate::optimum) is made of, it does not use.

use crate::chunks::{Chunks, RATES, Schedule};
use crate::uniform;
use attune_random::Random;

/// A schedule beside `schedule`, which keeps at most `budget` frames, as this does.
///
/// One to three chunks (the least of two draws) go a rate up; then others go down, one rate at a time and in random order, until
/// the budget holds; what is left of it then goes to random chunks.
pub fn neighbour(schedule: &[usize], chunks: Chunks, budget: usize, random: &mut Random) -> Schedule {
    let mut found = schedule.to_vec();
    let steps = 1 + random.below(3).min(random.below(3));
    let mut raised = Vec::with_capacity(steps);
    for _ in 0..steps {
        let open: Vec<usize> = (0..found.len()).filter(|&chunk| found[chunk] > 0).collect();
        if let Some(&chunk) = open.get(random.below(open.len())) {
            found[chunk] -= 1;
            raised.push(chunk);
        }
    }
    while chunks.total(&found) > budget {
        let lower = |chunk: &usize| found[*chunk] + 1 < RATES.len();
        let mut open: Vec<usize> =
            (0..found.len()).filter(lower).filter(|chunk| !raised.contains(chunk)).collect();
        if open.is_empty() {
            // All others are down already.
            open = raised.iter().copied().filter(lower).collect();
        }
        match open.get(random.below(open.len())) {
            Some(&chunk) => found[chunk] += 1,
            None => break,
        }
    }
    uniform::filled(found, chunks, budget, random)
}

/// The best of `trials` schedules by `worth`, those of `starts` among them: from the best start on, each is a
/// [`neighbour`] of the best so far, which an equal one replaces.
pub fn search(
    starts: &[Schedule],
    chunks: Chunks,
    budget: usize,
    trials: usize,
    random: &mut Random,
    worth: impl Fn(&[usize]) -> f64,
) -> Schedule {
    let start = |start: &Schedule| (worth(start), start.clone());
    let fits = |schedule: &&Schedule| chunks.total(schedule) <= budget;
    let best = starts.iter().filter(fits).map(start).max_by(|one, other| one.0.total_cmp(&other.0));
    let (mut most, mut best) = best.unwrap_or_else(|| start(&vec![RATES.len() - 1; chunks.count()]));
    for _ in starts.len()..trials {
        let tried = neighbour(&best, chunks, budget, random);
        let value = worth(&tried);
        if value >= most {
            (most, best) = (value, tried);
        }
    }
    best
}
