//! Losses that are 0 or 1: right answers and wrong ones, of which candidate and rival share most.

use attune_core::race::{Race, order};
use attune_core::rng::{self, Rng};
use rand::RngExt as _;

use super::{lost_after, score};

const RACES: u64 = 2000;
const ERROR: f64 = 0.1;

/// A rival, and a candidate that differs from it on `worse + better` items: wrong on `worse` that the rival has right, right on
/// `better` that it has wrong.
fn pair(random: &mut Rng, items: usize, worse: usize, better: usize) -> (Vec<f64>, Vec<f64>) {
    let mut rival = vec![0.0; items];
    rival[..items / 3].fill(1.0);
    let mut candidate = rival.clone();
    candidate[..better].fill(0.0);
    candidate[items / 3..items / 3 + worse].fill(1.0);
    for last in (1..items).rev() {
        let other = random.random_range(0..=last);
        rival.swap(last, other);
        candidate.swap(last, other);
    }
    (rival, candidate)
}

/// Share of candidates that are dropped before the last item, and of those that are lost after it.
fn rates(items: usize, worse: usize, better: usize) -> (f64, f64) {
    let (mut early, mut late) = (0_u32, 0_u32);
    for index in 0..RACES {
        let mut random = rng::derive(index, "yes or no", &[worse as u64, better as u64]);
        let (rival, candidate) = pair(&mut random, items, worse, better);
        let order = order(items as u32, index, 1);
        let race = Race::new(&score(&rival), &vec![0.0; items], &order, ERROR).unwrap();
        let after = lost_after(&race, &candidate, &order);
        early += u32::from(after.iter().any(|&seen| seen < items));
        late += u32::from(after.contains(&items));
    }
    (f64::from(early) / RACES as f64, f64::from(late) / RACES as f64)
}

#[test]
fn an_equally_good_candidate_is_rarely_dropped_however_many_items_tie() {
    let slack = 3.0 * (ERROR * (1.0 - ERROR) / RACES as f64).sqrt();
    for items in [16, 64] {
        for differ in 0..=items / 4 {
            let (early, late) = rates(items, differ, differ);
            assert!(early <= ERROR + slack, "{items} items, {differ} each way: {early}");
            assert_eq!(late, 0.0, "after the last item nothing is left to chance");
        }
    }
}

#[test]
fn a_candidate_that_is_wrong_more_often_is_lost_at_the_end_and_often_before() {
    let (early, late) = rates(64, 2, 1);
    assert_eq!(late, 1.0, "one wrong answer more decides");
    let (clearly, _) = rates(64, 30, 0);
    assert!(clearly > 0.95 && clearly > early, "{clearly} {early}");
}

#[test]
fn against_a_rival_without_errors_the_first_one_decides() {
    let order = order(12, 5, 0);
    let race = Race::new(&score(&[0.0; 12]), &[0.0; 12], &order, 0.05).unwrap();
    let mut candidate = vec![0.0; 12];
    assert!(lost_after(&race, &candidate, &order).is_empty());
    candidate[order[7] as usize] = 1.0;
    assert_eq!(lost_after(&race, &candidate, &order), [8, 9, 10, 11, 12]);
}
