//! The best options of a group when every option has one price.

use super::problem::{Block, BlockRule, Flat, KnapsackError};

/// Sets of options that are tried one by one; beyond, a group's bound ignores its rule.
const MOST_SETS: usize = 100_000;

/// The least sum of `priced` over all options that rules allow, budgets aside; `choose(slot, option)` hears one
/// minimiser. A lower bound where a `Distinct` rule has too many sets to try.
pub(super) fn minimise(flat: &Flat, priced: &[f64], choose: &mut dyn FnMut(usize, usize)) -> f64 {
    flat.blocks.iter().map(|block| minimise_block(flat, block, priced, choose)).sum()
}

/// Fails when one budget alone cannot be met.
pub(super) fn prove_budgets(flat: &Flat) -> Result<(), KnapsackError> {
    for budget in 0..flat.budgets() {
        let mut prices = vec![0.0; flat.budgets()];
        prices[budget] = 1.0;
        let cheapest = minimise(flat, &flat.priced(0.0, &prices), &mut |_, _| {});
        if cheapest > flat.limit[budget] {
            return Err(KnapsackError::Budget {
                budget,
                limit: flat.stated[budget],
                cheapest: cheapest * flat.scale[budget],
            });
        }
    }
    Ok(())
}

/// [`minimise`] for one block.
pub(super) fn minimise_block(
    flat: &Flat,
    block: &Block,
    priced: &[f64],
    choose: &mut dyn FnMut(usize, usize),
) -> f64 {
    let row = |slot: usize| &priced[flat.first[slot]..flat.first[slot + 1]];
    match block.rule {
        BlockRule::Free => block
            .slots
            .iter()
            .map(|&slot| {
                let (option, value) = least(row(slot).iter().copied().enumerate());
                choose(slot, option);
                value
            })
            .sum(),
        BlockRule::Pick(min, max) => {
            let base: f64 = block.slots.iter().map(|&slot| row(slot)[0]).sum();
            let mut gains: Vec<(f64, usize)> =
                block.slots.iter().map(|&slot| (row(slot)[1] - row(slot)[0], slot)).collect();
            gains.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let mut sum = base;
            for (rank, (gain, slot)) in gains.into_iter().enumerate() {
                let picked = rank < min || (rank < max && gain < 0.0);
                choose(slot, usize::from(picked));
                sum += if picked { gain } else { 0.0 };
            }
            sum
        }
        BlockRule::Distinct(most) => {
            let columns = columns(flat, block, priced);
            let (set, exact) = best_set(&columns, most);
            let mut sum = 0.0;
            for (place, &slot) in block.slots.iter().enumerate() {
                let (option, value) = least(set.iter().map(|&option| (option, columns[option][place])));
                choose(slot, option);
                sum += value;
            }
            if exact {
                return sum;
            }
            block.slots.iter().map(|&slot| least(row(slot).iter().copied().enumerate()).1).sum()
        }
    }
}

fn least(values: impl Iterator<Item = (usize, f64)>) -> (usize, f64) {
    values.fold((0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best })
}

/// The prices of a group option by option, so that sets of options are compared along slots.
pub(super) fn columns(flat: &Flat, block: &Block, priced: &[f64]) -> Vec<Vec<f64>> {
    let options = flat.options(block.slots[0]);
    (0..options)
        .map(|option| block.slots.iter().map(|&slot| priced[flat.first[slot] + option]).collect())
        .collect()
}

/// The best set of `most` options and whether all were compared; a greedy set otherwise.
fn best_set(columns: &[Vec<f64>], most: usize) -> (Vec<usize>, bool) {
    let mut best = (f64::INFINITY, Vec::new());
    if number_of_sets(columns.len(), most) <= MOST_SETS {
        each_set(columns, most, &mut |set, minima| {
            let sum = minima.iter().sum::<f64>();
            if sum < best.0 {
                best = (sum, set.to_vec());
            }
        });
        return (best.1, true);
    }
    let mut set: Vec<usize> = Vec::new();
    let mut minima = vec![f64::INFINITY; columns[0].len()];
    for _ in 0..most {
        let with = |option: usize| columns[option].iter().zip(&minima).map(|(a, b)| a.min(*b)).sum::<f64>();
        let unused = (0..columns.len()).filter(|option| !set.contains(option));
        let (option, _) = least(unused.map(|option| (option, with(option))));
        set.push(option);
        minima = columns[option].iter().zip(&minima).map(|(a, b)| a.min(*b)).collect();
    }
    (set, false)
}

/// Number of sets of `most` options, saturating.
pub(super) fn number_of_sets(options: usize, most: usize) -> usize {
    (0..most.min(options - most.min(options)))
        .try_fold(1_usize, |product, i| Some(product.checked_mul(options - i)? / (i + 1)))
        .unwrap_or(usize::MAX)
}

/// Calls `visit` with every set of `most` options and the least price of every slot within it.
pub(super) fn each_set(columns: &[Vec<f64>], most: usize, visit: &mut dyn FnMut(&[usize], &[f64])) {
    let places = columns[0].len();
    let mut levels = vec![vec![f64::INFINITY; places]; most + 1];
    descend(columns, most, 0, &mut Vec::with_capacity(most), &mut levels, visit);
}

fn descend(
    columns: &[Vec<f64>],
    most: usize,
    from: usize,
    set: &mut Vec<usize>,
    levels: &mut [Vec<f64>],
    visit: &mut dyn FnMut(&[usize], &[f64]),
) {
    let [above, rest @ ..] = levels else { return };
    if set.len() == most {
        visit(set, above);
        return;
    }
    let missing = most - set.len();
    for option in from..=columns.len() - missing {
        for ((below, a), b) in rest[0].iter_mut().zip(above.iter()).zip(&columns[option]) {
            *below = a.min(*b);
        }
        set.push(option);
        descend(columns, most, option + 1, set, rest, visit);
        set.pop();
    }
}
