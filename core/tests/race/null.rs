//! Candidates that are at least as good: how often are they dropped?

use attune_core::race::{Race, order};
use attune_core::rng::{self, Rng};
use rand::RngExt as _;

use super::{lognormal, lost_after, mean, normal, score};

const RACES: u32 = 2000;
const ERROR: f64 = 0.1;

type Family = (&'static str, fn(&mut Rng, &[f64]) -> Vec<f64>);

/// Candidates by their rival; means are made equal afterwards (or a little better).
const FAMILIES: &[Family] = &[
    ("noise", |random, rival| rival.iter().map(|loss| loss * (0.3 * normal(random)).exp()).collect()),
    ("independent", |random, rival| lognormal(random, rival.len(), 1.0)),
    ("worse on most, much better on few", |random, rival| {
        rival.iter().map(|loss| loss * if random.random_bool(0.1) { 0.05 } else { 1.3 }).collect()
    }),
    ("worse on most, perfect on the hardest", |_, rival| {
        let hardest = rival.iter().copied().fold(0.0, f64::max);
        rival.iter().map(|&loss| if loss == hardest { 0.0 } else { loss + 0.01 }).collect()
    }),
    ("heavy tails", |random, rival| rival.iter().map(|loss| loss + (1.5 * normal(random)).exp()).collect()),
    ("the rival's losses on other items", |_, rival| rival.iter().rev().copied().collect()),
    ("all equal", |_, rival| rival.to_vec()),
];

#[derive(Clone, Copy)]
enum Floors {
    Zero,
    /// As tight as they may be while still true.
    Tight,
    Equal,
}

/// Share of candidates that are ever dropped, looking after every item and at stages.
fn rates(family: Family, floors: Floors, better: f64) -> (f64, f64) {
    let (mut often, mut staged) = (0, 0);
    for index in 0..RACES {
        let mut random = rng::derive(1, family.0, &[u64::from(index)]);
        let items: usize = if index % 16 == 0 { 256 } else { [16, 32, 64][index as usize % 3] };
        let rival = lognormal(&mut random, items, if index % 2 == 0 { 0.5 } else { 1.5 });
        let mut candidate = family.1(&mut random, &rival);
        let scale = better * mean(&rival) / mean(&candidate);
        candidate.iter_mut().for_each(|loss| *loss *= scale);
        let floor: Vec<f64> = match floors {
            Floors::Zero => vec![0.0; items],
            Floors::Tight => candidate.iter().zip(&rival).map(|(c, r)| c.min(0.8 * r)).collect(),
            Floors::Equal => candidate.clone(),
        };
        let order = order(items as u32, u64::from(index), 3);
        let race = Race::new(&score(&rival), &floor, &order, ERROR).unwrap();
        let after = lost_after(&race, &candidate, &order);
        often += u32::from(after.iter().any(|&seen| seen < items));
        staged += u32::from(after.iter().any(|&seen| seen < items && seen % (items / 4) == 0));
    }
    (f64::from(often) / f64::from(RACES), f64::from(staged) / f64::from(RACES))
}

fn check(floors: Floors, better: f64) {
    let slack = 3.0 * (ERROR * (1.0 - ERROR) / f64::from(RACES)).sqrt();
    for &family in FAMILIES {
        let (often, staged) = rates(family, floors, better);
        println!("{}: {often:.3} looking after every item, {staged:.3} in four stages", family.0);
        assert!(often <= ERROR + slack, "{}: {often}", family.0);
        assert!(staged <= often, "{}: {staged} > {often}", family.0);
        if family.0 == "all equal" && better <= 1.0 {
            assert_eq!(often, 0.0);
        }
    }
}

#[test]
fn equally_good_candidates_are_rarely_dropped_with_zero_floors() {
    check(Floors::Zero, 1.0);
}

#[test]
fn equally_good_candidates_are_rarely_dropped_with_tight_floors() {
    check(Floors::Tight, 1.0);
}

#[test]
fn equally_good_candidates_are_rarely_dropped_with_floors_that_say_all() {
    check(Floors::Equal, 1.0);
}

#[test]
fn slightly_better_candidates_are_rarely_dropped() {
    check(Floors::Tight, 0.99);
}
