//! Plans that are made up from schemas: whatever an evaluator honours, without knowing what it is for.

use attune_core::evaluator::Evaluator;
use attune_core::options::OptionValue;
use attune_core::plan::{ArgumentKind, Edit, EditSchema, Plan};
use attune_core::rng::{self, Rng};
use rand::RngExt as _;

/// Plans of each kind of edit.
const EACH: usize = 2;
/// Made-up edits of a kind that are offered until so many are honoured.
const OFFERS: u64 = 2000;
/// Longest list of numbers that is made up.
const LONGEST: usize = 256;
/// Longest one whose order counts: it may have a number for everything that there is.
const LONGEST_ORDER: usize = 1 << 14;

/// Plans that the evaluator says that it honours: some with one edit of each kind that it knows, as far as one is found that
/// its subject can have, and one with as many kinds at once as go together. The same for every call.
pub fn of(evaluator: &dyn Evaluator) -> Vec<Plan> {
    let vocabulary = &evaluator.info().edits;
    let lengths = [LONGEST, LONGEST_ORDER].map(|longest| lengths(evaluator, longest));
    let mut plans: Vec<Plan> = Vec::new();
    let mut together: Vec<Edit> = Vec::new();
    for schema in vocabulary.schemas() {
        let offers = (0..OFFERS).filter_map(|number| {
            let mut random = rng::derive(0, &schema.kind, &[number]);
            vocabulary.accept(&made_up(schema, &lengths, &mut random)).ok()
        });
        let mut found = 0;
        for edit in offers {
            let plan = vocabulary.arrange([edit.clone()]);
            if found == EACH || plans.contains(&plan) || evaluator.check(&plan).is_err() {
                continue;
            }
            let all = vocabulary.arrange(together.iter().cloned().chain([edit.clone()]));
            if found == 0 && vocabulary.conflict(&all).is_none() && evaluator.check(&all).is_ok() {
                together.push(edit);
            }
            plans.push(plan);
            found += 1;
        }
    }
    if together.len() > 1 {
        plans.push(vocabulary.arrange(together));
    }
    plans
}

/// How long lists may have to be: counts among the facts of the subject, and small numbers; an order may also be as long as one of its
/// lists is.
fn lengths(evaluator: &dyn Evaluator, longest: usize) -> Vec<usize> {
    let counts = evaluator.model().values.values().filter_map(|value| match value {
        OptionValue::Int(count) => usize::try_from(*count).ok(),
        OptionValue::Ints(list) if longest > LONGEST => Some(list.len()),
        OptionValue::Reals(list) if longest > LONGEST => Some(list.len()),
        _ => None,
    });
    let counts = counts.filter(|count| (1..=longest).contains(count));
    let mut lengths: Vec<usize> = counts.chain(1..=4).collect();
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

fn made_up(schema: &EditSchema, [short, long]: &[Vec<usize>; 2], random: &mut Rng) -> Edit {
    let mut edit = Edit::new(&schema.kind);
    // One for the whole edit: what goes over the same things is equally long.
    let own = one(short, random).unwrap_or(1);
    let mut order = None;
    for argument in &schema.arguments {
        if argument.absent.is_some() && random.random_bool(0.5) {
            continue;
        }
        let value = match &argument.kind {
            ArgumentKind::Int { min, max } => OptionValue::Int(whole(*min, *max, own, random)),
            ArgumentKind::Level(levels) => OptionValue::Int(one(levels, random).unwrap_or_default()),
            ArgumentKind::Real { min, max } => OptionValue::Real(real(*min, *max, random)),
            ArgumentKind::Set { max } => {
                let members = (0..(own as i64).min(*max)).filter(|_| random.random_bool(0.6)).collect();
                OptionValue::Ints(members)
            }
            ArgumentKind::Ints { min, max, least, most } => {
                let length = *order.get_or_insert_with(|| one(long, random).unwrap_or(1));
                let length = length.clamp(*least as usize, (*most).max(*least) as usize);
                OptionValue::Ints(numbers(*min, *max, length, random))
            }
            ArgumentKind::Reals => OptionValue::Reals(row(own, random)),
            ArgumentKind::Matrix { rows } => {
                let count = match edit.args.get(rows) {
                    Some(OptionValue::Int(count)) => usize::try_from(*count).unwrap_or(0).min(LONGEST),
                    _ => 0,
                };
                OptionValue::Reals((0..count).flat_map(|_| row(own, random)).collect())
            }
            ArgumentKind::Word(words) => OptionValue::Text(one(words, random).unwrap_or_default()),
        };
        edit.args.insert(argument.name.clone(), value);
    }
    edit
}

/// A number that a count of something may be: small, a power of two, or one of the subject's own.
fn whole(min: i64, max: i64, own: usize, random: &mut Rng) -> i64 {
    let number = match random.random_range(0..3) {
        0 => random.random_range(0..4),
        1 => 1 << random.random_range(0..8),
        _ => own as i64,
    };
    // A range that begins above such numbers has others to try than its ends.
    if (min..=max).contains(&number) { number } else { random.random_range(min..=max) }
}

/// A share, which is what most are; anything in a range that has no such shares.
fn real(min: f64, max: f64, random: &mut Rng) -> f64 {
    let share = random.random_range(0.0..=1.0_f64);
    if (min..=max).contains(&share) { share } else { min + (max - min) * share }
}

/// Numbers whose order counts: an order of as many things, or any numbers in the range, which may be wide.
fn numbers(min: i64, max: i64, length: usize, random: &mut Rng) -> Vec<i64> {
    if random.random_bool(0.5) {
        let mut order: Vec<i64> =
            (0..length as i64).map(|place| min.saturating_add(place).min(max)).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, random.random_range(0..=last));
        }
        return order;
    }
    (0..length).map(|_| random.random_range(min..=max)).collect()
}

/// Numbers that sum to 1: one of them alone, or all alike.
fn row(length: usize, random: &mut Rng) -> Vec<f64> {
    if random.random_bool(0.5) {
        return vec![1.0 / length as f64; length];
    }
    let hot = random.random_range(0..length);
    (0..length).map(|place| if place == hot { 1.0 } else { 0.0 }).collect()
}

fn one<T: Clone>(of: &[T], random: &mut Rng) -> Option<T> {
    (!of.is_empty()).then(|| of[random.random_range(0..of.len())].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_above_small_numbers_and_shares_is_tried_within() {
        let mut random = rng::derive(0, "range", &[]);
        let whole: Vec<i64> = (0..64).map(|_| whole(1000, 65_536, 3, &mut random)).collect();
        assert!(whole.iter().all(|number| (1000..=65_536).contains(number)));
        let real: Vec<f64> = (0..64).map(|_| real(10.0, 100.0, &mut random)).collect();
        assert!(real.iter().all(|number| (10.0..=100.0).contains(number)));
        let distinct = |mut bits: Vec<u64>| {
            bits.sort_unstable();
            bits.dedup();
            bits.len()
        };
        assert!(distinct(whole.iter().map(|number| *number as u64).collect()) > 60);
        assert!(distinct(real.iter().map(|number| number.to_bits()).collect()) > 60);
    }
}
