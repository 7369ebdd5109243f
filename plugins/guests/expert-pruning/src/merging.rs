//! The operators of EEP's merge phase (arXiv 2407.00945, §3.3; constants of the released `search.yml` and
//! `search_utils.py`).

use attune_guest::{Config, Random, Value};

use crate::layout::BOUND;
use crate::operators::{ROW, open_cells, step_active};
use crate::pruning::{Phase, Pruning};

/// An element of an open matrix takes a step with this probability, of this standard deviation.
const ELEMENT: f64 = 0.25;
const STEP: f64 = 0.065;
/// A row of an open matrix, or a whole matrix that is not, comes from the first parent with this probability.
const FIRST: f64 = 0.6;
/// The rows of all merging matrices are divided by their sums with this probability.
const NORMALISE: f64 = 0.1;

/// A child of one parent, or of two, which always differs from the first.
pub(crate) fn vary(
    pruning: &Pruning,
    first: &Config,
    second: Option<&Config>,
    random: &mut Random,
) -> Config {
    let groups = first[0].len();
    let open = open_cells(2 * groups, random);
    let mut child = first.clone();
    for cell in 0..2 * groups {
        let (dimension, group) = (cell / groups, cell % groups);
        let is_open = open.contains(&cell);
        let value = &mut child[dimension][group];
        if let Some(second) = second {
            cross(pruning, value, &second[dimension][group], is_open, random);
        }
        if let Value::Reals(numbers) = value
            && is_open
        {
            mutate(numbers, random);
        }
    }
    if pruning.phase == Phase::MergeOneHot {
        for group in open.into_iter().filter(|cell| *cell < groups) {
            exchange(pruning, &mut child, group, random);
        }
    }
    if random.chance(NORMALISE) {
        for value in &mut child[1] {
            normalise(pruning, value);
        }
    }
    step_active(pruning, &mut child, random);
    if child == *first {
        let group = random.below(groups);
        if let Value::Reals(numbers) = &mut child[1][group] {
            let place = random.below(numbers.len());
            numbers[place] = stepped(numbers[place], random);
        }
    }
    child
}

/// Takes what is not to come from the first parent over from the second. Subsets of kept experts stay whole.
fn cross(pruning: &Pruning, first: &mut Value, second: &Value, is_open: bool, random: &mut Random) {
    match (first, second) {
        (Value::Reals(a), Value::Reals(b)) if is_open => {
            let width = pruning.experts as usize;
            for (a, b) in a.chunks_mut(width).zip(b.chunks(width)) {
                if !random.chance(FIRST) {
                    a.copy_from_slice(b);
                }
            }
        }
        (first, second) => {
            if !random.chance(FIRST) {
                *first = second.clone();
            }
        }
    }
}

fn mutate(numbers: &mut [f64], random: &mut Random) {
    for number in numbers {
        if random.chance(ELEMENT) {
            *number = stepped(*number, random);
        }
    }
}

fn stepped(number: f64, random: &mut Random) -> f64 {
    (number + STEP * random.normal()).clamp(-BOUND, BOUND)
}

/// Replaces kept experts by unused ones, whose weights they then have: the row of the merging matrix goes along.
fn exchange(pruning: &Pruning, child: &mut Config, group: usize, random: &mut Random) {
    let width = pruning.experts as usize;
    let (kept, merging) = (child[0][group].elements().to_vec(), child[1][group].numbers().to_vec());
    let mut rows: Vec<(u32, Vec<f64>)> =
        kept.into_iter().zip(merging.chunks(width).map(<[f64]>::to_vec)).collect();
    for row in 0..rows.len() {
        let unused: Vec<u32> =
            (0..pruning.experts).filter(|expert| rows.iter().all(|(kept, _)| kept != expert)).collect();
        if !unused.is_empty() && random.chance(ROW) {
            let expert = unused[random.below(unused.len())];
            rows[row] = (expert, pruning.one_hot(&[expert]));
        }
    }
    rows.sort_by_key(|(expert, _)| *expert);
    child[0][group] = Value::Indices(rows.iter().map(|(expert, _)| *expert).collect());
    child[1][group] = Value::Reals(rows.into_iter().flat_map(|(_, row)| row).collect());
}

/// Divides each row by its sum. The released code divides by whatever the sum is; a row that would leave the bounds
/// (its sum is nearly 0) stays as it is.
fn normalise(pruning: &Pruning, value: &mut Value) {
    let Value::Reals(numbers) = value else { return };
    for row in numbers.chunks_mut(pruning.experts as usize) {
        let sum: f64 = row.iter().sum();
        if row.iter().all(|number| (number / sum).abs() <= BOUND) {
            row.iter_mut().for_each(|number| *number /= sum);
        }
    }
}
