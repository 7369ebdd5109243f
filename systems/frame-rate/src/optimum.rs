//! The best schedule within a budget, exactly.

use crate::chunks::{Chunks, RATES, Schedule};

/// The schedule of the largest summed worth that keeps at most `budget` frames, and that sum; of equal ones the one with the
/// smaller rates at the end of the clip. `None` when no schedule keeps so few.
///
/// A dynamic programme over chunks and frames: `chunks × budget × 4` steps. It is exact because what a chunk is worth does not
/// depend on its neighbours.
pub fn best(table: &[[f64; RATES.len()]], chunks: Chunks, budget: usize) -> Option<(Schedule, f64)> {
    let mut worths = vec![Some(0.0)];
    worths.resize(budget + 1, None);
    let mut choices = Vec::with_capacity(table.len());
    for (chunk, row) in table.iter().enumerate() {
        let mut next: Vec<Option<f64>> = vec![None; budget + 1];
        let mut chosen = vec![0; budget + 1];
        for (rate, gain) in row.iter().enumerate() {
            let cost = chunks.cost(chunk, rate);
            for spent in cost..=budget {
                let Some(before) = worths[spent - cost] else { continue };
                if next[spent].is_none_or(|known| before + gain > known) {
                    next[spent] = Some(before + gain);
                    chosen[spent] = rate;
                }
            }
        }
        worths = next;
        choices.push(chosen);
    }
    let known = worths.iter().enumerate().filter_map(|(spent, worth)| worth.map(|worth| (spent, worth)));
    let (mut spent, worth) =
        known.max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)))?;
    let mut schedule = vec![0; table.len()];
    for (chunk, chosen) in choices.iter().enumerate().rev() {
        schedule[chunk] = chosen[spent];
        spent -= chunks.cost(chunk, chosen[spent]);
    }
    Some((schedule, worth))
}
