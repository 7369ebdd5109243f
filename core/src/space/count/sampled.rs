//! An estimate from the share of random points that meet all constraints.

use rand::RngExt as _;
use rand::seq::IteratorRandom as _;

use super::super::active::Activity;
use super::super::{Config, Domain, Space, Value};
use super::Count;
use super::product::{log_binomials, log_sum};
use super::tree::{Logarithms, Tree};
use crate::rng::{self, Rng};

/// Points that are drawn at most, and numbers in all of them.
const MOST_DRAWS: u64 = 1 << 14;
const MOST_NUMBERS: u64 = 1 << 23;
/// Standard errors of an interval of 95 %.
const Z: f64 = 1.96;

impl Space {
    /// From even draws of what [`Space::count_tree`] counts, of 10 to the `log10` points. `upper` is a bound that is known
    /// otherwise.
    pub(super) fn count_sampled(&self, log10: f64, upper: f64) -> Count {
        let draws = (MOST_NUMBERS / self.numbers().max(1)).clamp(1, MOST_DRAWS);
        let sampler = Sampler::new(self);
        let random = |draw: u64| rng::derive(0, "count", &[draw]);
        let met = (0..draws).filter(|draw| self.check(&sampler.draw(&mut random(*draw))).is_ok()).count();
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

/// Draws in which every point is as likely as any other, of a space without its constraints but with those conditions and orders
/// that are counted with.
struct Sampler {
    space: Space,
    /// Cumulated shares of the sizes that a subset can have, by dimension.
    sizes: Vec<Vec<f64>>,
    /// Cumulated shares of the options of a cell that decides about others, by dimension.
    options: Vec<Vec<f64>>,
    /// The same by place on a line that ascends, of the beginning of the line up to there.
    lines: Vec<Vec<Vec<f64>>>,
}

impl Sampler {
    fn new(space: &Space) -> Self {
        let space = Space { structure: space.structure.with_first_conditions(), ..space.clone() };
        let sizes = space.dimensions.iter().map(|found| size_shares(&found.domain)).collect();
        let tree = Tree::of_dependants(&space, &mut Logarithms(&space));
        let (mut options, mut lines) = (vec![Vec::new(); space.dimensions.len()], Vec::new());
        for (number, shares) in options.iter_mut().enumerate() {
            lines.push(Vec::new());
            if let (Some(tree), Some(_)) = (&tree, space.decided_by(number).next()) {
                let tally = &mut Logarithms(&space);
                let of = space.dimensions[number].domain.options().unwrap_or(0);
                let logs = (0..of).filter_map(|option| tree.option(&space, number, 0, option, tally));
                let logs: Vec<f64> = logs.map(|log10| log10 * std::f64::consts::LN_10).collect();
                if let Some(along) =
                    space.structure.orders(number).first().filter(|_| space.keeps_order(number))
                {
                    lines[number] = line_shares(&logs, along.len);
                }
                *shares = cumulated(&logs);
            }
        }
        Self { space, sizes, options, lines }
    }

    fn draw(&self, random: &mut Rng) -> Config {
        let dimensions = self.space.dimensions.iter().enumerate();
        let cells = dimensions.map(|(number, dimension)| {
            let draw = |_| match &self.options[number][..] {
                [] => uniform(&dimension.domain, &self.sizes[number], random),
                shares => Value::Index(place(shares, random) as u32),
            };
            let mut cells: Vec<Value> = (0..dimension.cells()).map(draw).collect();
            self.draw_order(number, &mut cells, random);
            cells
        });
        let mut config = Config::new(cells.collect());
        self.space.reset_inactive(&mut config);
        config
    }

    fn draw_order(&self, number: usize, cells: &mut [Value], random: &mut Rng) {
        let orders = self.space.structure.orders(number);
        let Some(along) = orders.first().filter(|_| self.space.keeps_order(number)) else { return };
        if self.lines[number].is_empty() {
            return self.space.draw_ascending(number, cells, &Activity::all(), random);
        }
        for first in along.lines(cells.len()) {
            let mut end = usize::MAX;
            for (cell, shares) in along.line(first).zip(&self.lines[number]).rev() {
                end = place(&shares[..=end.min(shares.len() - 1)], random);
                cells[cell] = Value::Index(end as u32);
            }
        }
    }
}

/// Cumulated shares of the last option of an ascending list, by its length; options are as likely as their natural logarithms
/// say.
fn line_shares(options: &[f64], len: usize) -> Vec<Vec<f64>> {
    let mut lists = options.to_vec();
    let mut shares = Vec::with_capacity(len);
    for _ in 0..len {
        shares.push(cumulated(&lists));
        let mut before = f64::NEG_INFINITY;
        for (list, option) in lists.iter_mut().zip(options) {
            before = log_sum([before, *list].into_iter());
            *list = before + option;
        }
    }
    shares
}

/// A place by cumulated shares.
fn place(shares: &[f64], random: &mut Rng) -> usize {
    let drawn = random.random::<f64>() * shares.last().copied().unwrap_or(0.0);
    shares.partition_point(|share| *share < drawn).min(shares.len().saturating_sub(1))
}

/// Sums of shares that are given by their natural logarithms.
fn cumulated(logs: &[f64]) -> Vec<f64> {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    let shares = logs.iter().map(|log| {
        sum += (log - largest).exp();
        sum
    });
    shares.collect()
}

/// Cumulated shares of the sizes that a subset can have; empty for other domains.
fn size_shares(domain: &Domain) -> Vec<f64> {
    let Domain::Subset { of, min, max } = domain else { return Vec::new() };
    cumulated(&log_binomials(*of)[*min as usize..=*max as usize])
}

/// A draw in which every value is as likely as any other.
fn uniform(domain: &Domain, sizes: &[f64], random: &mut Rng) -> Value {
    match domain {
        Domain::Subset { of, min, .. } => {
            let more = place(sizes, random);
            let mut chosen = (0..*of).sample(random, *min as usize + more);
            chosen.sort_unstable();
            Value::Indices(chosen)
        }
        domain => domain.draw(random),
    }
}
