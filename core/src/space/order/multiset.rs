//! Even draws of ascending values.

use std::collections::BTreeSet;

use rand::RngExt as _;
use rand::seq::index;

use super::super::{Domain, Value};
use super::compare;
use crate::rng::Rng;

/// `count` ascending values: every ascending list is as likely as any other.
pub(super) fn draw(domain: &Domain, count: usize, random: &mut Rng) -> Vec<Value> {
    match domain {
        Domain::Level { levels } => {
            let drawn = multiset(levels.len() as u128, count, random);
            drawn.into_iter().map(|level| Value::Index(level as u32)).collect()
        }
        Domain::Int { min, max } => {
            let drawn = multiset(u128::from(max.abs_diff(*min)) + 1, count, random);
            drawn.into_iter().map(|more| Value::Int((i128::from(*min) + more as i128) as i64)).collect()
        }
        // The probability of equal reals is none.
        domain => {
            let mut drawn: Vec<Value> = (0..count).map(|_| domain.draw(random)).collect();
            drawn.sort_by(compare);
            drawn
        }
    }
}

/// `count` numbers below `of`, ascending and with repetition. Adding its place to each makes a subset of
/// `of + count − 1` of it, and of each subset one of these.
fn multiset(of: u128, count: usize, random: &mut Rng) -> Vec<u128> {
    if count == 0 {
        return Vec::new();
    }
    let places = of + count as u128 - 1;
    let mut subset: Vec<u128> = match usize::try_from(places) {
        Ok(places) => index::sample(random, places, count).into_iter().map(|place| place as u128).collect(),
        // So many that hardly any is drawn twice.
        Err(_) => {
            let mut drawn = BTreeSet::new();
            while drawn.len() < count {
                drawn.insert(random.random_range(0..places));
            }
            drawn.into_iter().collect()
        }
    };
    subset.sort_unstable();
    subset.into_iter().enumerate().map(|(place, number)| number - place as u128).collect()
}
