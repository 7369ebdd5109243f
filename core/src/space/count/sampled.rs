//! An estimate from the share of random points that meet all constraints.

use rand::RngExt as _;
use rand::seq::IteratorRandom as _;

use super::super::{Config, Domain, Space, Value};
use super::Count;
use super::product::log_binomials;
use crate::rng::{self, Rng};

/// Points that are drawn at most, and numbers in all of them.
const MOST_DRAWS: u64 = 1 << 14;
const MOST_NUMBERS: u64 = 1 << 23;
/// Standard errors of an interval of 95 %.
const Z: f64 = 1.96;

impl Space {
    /// From draws of the space without constraints, of 10 to the `log10` points. `upper` is a bound that is known
    /// otherwise.
    pub(super) fn count_sampled(&self, log10: f64, upper: f64) -> Count {
        let draws = (MOST_NUMBERS / self.numbers().max(1)).clamp(1, MOST_DRAWS);
        let sizes: Vec<Vec<f64>> = self.dimensions.iter().map(|found| size_shares(&found.domain)).collect();
        let point = |random: &mut Rng| {
            let cells = self.dimensions.iter().zip(&sizes).map(|(dimension, sizes)| {
                (0..dimension.cells()).map(|_| uniform(&dimension.domain, sizes, random)).collect()
            });
            Config::new(cells.collect())
        };
        let random = |draw: u64| rng::derive(0, "count", &[draw]);
        let met = (0..draws).filter(|draw| self.check(&point(&mut random(*draw))).is_ok()).count();
        let (met, draws) = (met as f64, draws as f64);
        if met == 0.0 {
            // The rule of three: with a confidence of 95 %, fewer than 3 in all draws meet them.
            return Count::AtMost { log10: (log10 + (3.0 / draws).min(1.0).log10()).min(upper) };
        }
        // The interval of Wilson (1927).
        let share = met / draws;
        let centre = share + Z * Z / (2.0 * draws);
        let half = Z * (share * (1.0 - share) / draws + Z * Z / (4.0 * draws * draws)).sqrt();
        let scale = 1.0 + Z * Z / draws;
        let (low, high) = ((centre - half) / scale, (centre + half) / scale);
        let error = (share / low).log10().max((high / share).log10());
        Count::About { log10: log10 + share.log10(), error }
    }
}

/// Cumulated shares of the sizes that a subset can have; empty for other domains.
fn size_shares(domain: &Domain) -> Vec<f64> {
    let Domain::Subset { of, min, max } = domain else { return Vec::new() };
    let logs = &log_binomials(*of)[*min as usize..=*max as usize];
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    let shares = logs.iter().map(|log| {
        sum += (log - largest).exp();
        sum
    });
    shares.collect()
}

/// A draw in which every value is as likely as any other.
fn uniform(domain: &Domain, sizes: &[f64], random: &mut Rng) -> Value {
    match domain {
        Domain::Subset { of, min, .. } => {
            let drawn = random.random::<f64>() * sizes.last().copied().unwrap_or(0.0);
            let more = sizes.partition_point(|share| *share < drawn).min(sizes.len().saturating_sub(1));
            let mut chosen = (0..*of).sample(random, *min as usize + more);
            chosen.sort_unstable();
            Value::Indices(chosen)
        }
        domain => domain.draw(random),
    }
}
