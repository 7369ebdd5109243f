//! Races: errors stay below their bound, wealth is what the theorem says, and bad candidates go early.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers that build test data and print figures are no test functions"
)]

mod exact;
mod null;
mod power;
mod properties;
mod yes_or_no;

use attune_core::race::Race;
use attune_core::rng::Rng;
use attune_core::scores::{Aggregate, MetricScore};
use rand_distr::{Distribution as _, StandardNormal};

fn score(items: &[f64]) -> MetricScore {
    MetricScore { aggregate: Aggregate::Mean, weights: vec![1.0; items.len()], items: items.to_vec() }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn normal(random: &mut Rng) -> f64 {
    StandardNormal.sample(random)
}

/// Losses of a model on `count` items: lognormal, as per-item divergences are.
fn lognormal(random: &mut Rng, count: usize, spread: f64) -> Vec<f64> {
    (0..count).map(|_| 0.5 * (spread * normal(random)).exp()).collect()
}

/// The race after each item, from none to all.
fn play<'a>(race: &'a Race, candidate: &'a [f64], order: &'a [u32]) -> impl Iterator<Item = Race> + 'a {
    let mut race = race.clone();
    std::iter::once(race.clone()).chain(order.iter().map(move |&item| {
        race.observe(item, candidate[item as usize]).unwrap();
        race.clone()
    }))
}

/// The numbers of scored items at which the candidate would be dropped.
fn lost_after(race: &Race, candidate: &[f64], order: &[u32]) -> Vec<usize> {
    let mut race = race.clone();
    let lost = |&item: &u32| {
        race.observe(item, candidate[item as usize]).unwrap();
        race.is_lost().then_some(race.seen())
    };
    order.iter().filter_map(lost).collect()
}
