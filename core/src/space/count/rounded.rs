//! An estimate under one budget: dynamic programming over sums that are rounded to a grid.
//!
//! A cost between two grid points counts as a share of each, so that its mean stays: rounding adds noise and no drift.
//! The noise of `m` rounded costs has a standard deviation of at most `√m / 2` grid steps, which is how far the
//! limit may be off at 95 %; the error of the estimate is the difference that makes.

use super::super::repair::cheapest_value;
use super::super::{Budget, Domain, Space};
use super::Count;
use super::product::{log_binomials, log_sum};

/// Grids that are tried, finest first.
const GRIDS: [usize; 5] = [4_096, 2_048, 1_024, 512, 256];
/// Multiplications and additions in all.
const MOST_WORK: u64 = 1 << 27;
/// Values of a whole number that are looked at; more are taken evenly.
const MOST_VALUES: u64 = 1 << 13;

/// Shares of values (or of configs) by their cost above the cheapest, in grid steps; costs beyond the grid are
/// left out. `scale` is the logarithm of what all shares are to be multiplied by.
struct Shares {
    by_step: Vec<f64>,
    scale: f64,
}

impl Shares {
    fn none(steps: usize) -> Self {
        Self { by_step: vec![0.0; steps], scale: 0.0 }
    }

    /// Adds `share` at a place between two steps.
    fn add(&mut self, place: f64, share: f64) {
        let (below, part) = (place.max(0.0).floor(), place.max(0.0).fract());
        let below = below as usize;
        for (step, share) in [(below, share * (1.0 - part)), (below.saturating_add(1), share * part)] {
            if let Some(sum) = self.by_step.get_mut(step) {
                *sum += share;
            }
        }
    }

    /// Keeps numbers far from underflow.
    fn rescale(&mut self) {
        let largest = self.by_step.iter().copied().fold(0.0, f64::max);
        if largest > 0.0 && !(1e-100..1e100).contains(&largest) {
            self.by_step.iter_mut().for_each(|share| *share /= largest);
            self.scale += largest.ln();
        }
    }

    /// The sum of two independent costs.
    fn convolve(&self, other: &Self) -> Self {
        let steps = self.by_step.len();
        let mut sum = Self { by_step: vec![0.0; steps], scale: self.scale + other.scale };
        for (step, share) in other.by_step.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            for (to, from) in sum.by_step[step..].iter_mut().zip(&self.by_step) {
                *to += share * from;
            }
        }
        sum.rescale();
        sum
    }

    /// The sum of this cost and `times` others like `other`, by repeated squaring where that is less work.
    fn convolve_all(mut self, other: &Self, times: usize) -> Self {
        let values = other.by_step.iter().filter(|share| **share > 0.0).count();
        if !squares(times as u64, values as u64, self.by_step.len() as u64) {
            return (0..times).fold(self, |sum, _| sum.convolve(other));
        }
        let (mut power, mut left) = (other.convolve(other), times / 2);
        if times % 2 == 1 {
            self = self.convolve(other);
        }
        while left > 0 {
            if left % 2 == 1 {
                self = self.convolve(&power);
            }
            left /= 2;
            if left > 0 {
                power = power.convolve(&power);
            }
        }
        self
    }

    /// The logarithm of the share within `steps`.
    fn log_within(&self, steps: f64) -> f64 {
        let steps = (steps.max(-1.0) + 1.0).floor() as usize;
        self.by_step.iter().take(steps).sum::<f64>().ln() + self.scale
    }
}

impl Space {
    /// The number of configs within `budget` alone, out of 10 to the `log10`; `None` when that takes too long.
    pub(super) fn count_rounded(&self, budget: &Budget, log10: f64) -> Option<Count> {
        let rows = |dimension: usize| self.rows(budget, dimension);
        let (mut low, mut high, mut roundings) = (0.0, 0.0, 0.0);
        for (number, dimension) in self.dimensions.iter().enumerate() {
            for row in rows(number) {
                low += extreme(&dimension.domain, &row.costs, 1.0) * row.cells as f64;
                high += extreme(&dimension.domain, &row.costs, -1.0) * row.cells as f64;
                roundings += row.cells as f64 * roundings_of(&dimension.domain);
            }
        }
        let room = budget.limit + budget.tolerance() - low;
        if room < 0.0 {
            return Some(Count::Exact(0));
        }
        if room >= high - low {
            return Some(Count::About { log10, error: 0.0 });
        }
        let slack = f64::sqrt(roundings);
        let of = |grid: usize| Grid { width: room / grid as f64, steps: grid + slack.ceil() as usize + 2 };
        let grid = GRIDS.into_iter().find(|grid| self.rounded_work(budget, of(*grid)) <= MOST_WORK)?;
        let Grid { width, steps } = of(grid);
        let mut reached = Shares::none(steps);
        reached.add(0.0, 1.0);
        for (number, dimension) in self.dimensions.iter().enumerate() {
            for row in rows(number) {
                let values = shares(&dimension.domain, &row.costs, Grid { width, steps });
                reached = reached.convolve_all(&values, row.cells);
            }
        }
        let within = |steps: f64| log10 + reached.log_within(steps) / std::f64::consts::LN_10;
        let (grid, centre) = (grid as f64, within(grid as f64));
        if centre == f64::NEG_INFINITY {
            return Some(Count::AtMost { log10: within(grid + slack).max(0.0) });
        }
        let error = (within(grid + slack) - centre).max(centre - within((grid - slack).max(0.0)));
        Some(Count::About { log10: centre, error: error.min(centre.max(0.0)) })
    }

    /// What the cells of a dimension cost, equal cells together; none when they cost nothing.
    fn rows(&self, budget: &Budget, dimension: usize) -> Vec<Row> {
        let terms: Vec<_> = budget.terms.iter().filter(|term| term.dimension == dimension).collect();
        let cells = self.dimensions[dimension].cells();
        let row = |cell: usize| {
            let mut rows = terms.iter().map(|term| term.row(cell));
            let mut costs = rows.next().unwrap_or_default().to_vec();
            rows.for_each(|row| costs.iter_mut().zip(row).for_each(|(sum, cost)| *sum += cost));
            costs
        };
        if terms.is_empty() {
            Vec::new()
        } else if terms.iter().all(|term| term.costs.len() == 1) {
            vec![Row { costs: row(0), cells }]
        } else {
            (0..cells).map(|cell| Row { costs: row(cell), cells: 1 }).collect()
        }
    }

    fn rounded_work(&self, budget: &Budget, grid: Grid) -> u64 {
        let steps = grid.steps as u64;
        let work = self.dimensions.iter().enumerate().map(|(number, dimension)| {
            let rows = self.rows(budget, number);
            let (each, values) = match &dimension.domain {
                Domain::Subset { of, min, max } => {
                    let inner = |row: &Row| {
                        let low = extreme(&dimension.domain, &row.costs, 1.0);
                        subset_steps(*min, *max, &row.costs, low, grid) as u64
                    };
                    let inner: u64 = rows.iter().map(inner).fold(0, u64::saturating_add);
                    (inner.saturating_mul(2 * u64::from(*of) * u64::from(*max + 1)), steps)
                }
                Domain::Int { min, max } => {
                    let values = max.abs_diff(*min).min(MOST_VALUES);
                    (values * rows.len() as u64, (2 * values).min(steps))
                }
                domain => (0, (2 * u64::from(domain.options().unwrap_or(0))).min(steps)),
            };
            let convolutions = rows.iter().map(|row| {
                let times = row.cells as u64;
                if squares(times, values, steps) { squaring(times) * steps } else { times * values }
            });
            each.saturating_add(convolutions.fold(0, u64::saturating_add).saturating_mul(steps))
        });
        work.fold(0, u64::saturating_add)
    }
}

/// Convolutions that squaring needs for a power.
fn squaring(times: u64) -> u64 {
    2 * u64::from(times.max(1).ilog2()) + 1
}

/// Whether squaring is less work for the power of a cost with so many values.
fn squares(times: u64, values: u64, steps: u64) -> bool {
    times > 2 && squaring(times) * steps < times * values
}

/// Sums are rounded to multiples of `width`, of which `steps` are kept.
#[derive(Clone, Copy)]
struct Grid {
    width: f64,
    steps: usize,
}

/// Steps above `size · cheapest element` that costs of subsets within the grid reach.
fn subset_steps(min: u32, max: u32, costs: &[f64], low: f64, grid: Grid) -> usize {
    let cheapest = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let floor = (f64::from(min) * cheapest).min(f64::from(max) * cheapest);
    grid.steps.saturating_add(((low - floor) / grid.width).max(0.0).ceil() as usize)
}

/// The costs of equal cells.
struct Row {
    costs: Vec<f64>,
    cells: usize,
}

/// The least (`sign` 1) or largest (`sign` −1) that a cell can cost.
fn extreme(domain: &Domain, costs: &[f64], sign: f64) -> f64 {
    let costs: Vec<f64> = costs.iter().map(|cost| sign * cost).collect();
    sign * cheapest_value(domain, &costs).1
}

/// Costs of one cell that are rounded.
fn roundings_of(domain: &Domain) -> f64 {
    match domain {
        Domain::Subset { max, .. } => f64::from((*max).max(1)),
        _ => 1.0,
    }
}

/// The share of each cost among the values of one cell.
fn shares(domain: &Domain, costs: &[f64], grid: Grid) -> Shares {
    let Grid { width, steps } = grid;
    let low = extreme(domain, costs, 1.0);
    let mut shares = Shares::none(steps);
    match domain {
        Domain::Int { min, max } => {
            let values = max.abs_diff(*min).saturating_add(1);
            let looked_at = values.min(MOST_VALUES);
            let apart = values as f64 / looked_at as f64;
            for number in 0..looked_at {
                // The middle of a stretch of values; the value itself when all are looked at.
                let value = *min as f64 + (number as f64 + 0.5) * apart - 0.5;
                shares.add((costs[0] * value - low) / width, 1.0 / looked_at as f64);
            }
        }
        Domain::Subset { of, min, max } => return subset_shares(*of, *min, *max, costs, low, grid),
        _ => {
            for cost in costs {
                shares.add((cost - low) / width, 1.0 / costs.len() as f64);
            }
        }
    }
    shares
}

/// Subsets by size and cost, element by element.
fn subset_shares(of: u32, min: u32, max: u32, costs: &[f64], low: f64, grid: Grid) -> Shares {
    let width = grid.width;
    let cheapest = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let sizes = max as usize + 1;
    let steps = subset_steps(min, max, costs, low, grid);
    // Costs above `size · cheapest`. The cheapest subset of a size costs at least that.
    let mut reached: Vec<Vec<f64>> = vec![vec![0.0; steps]; sizes];
    reached[0][0] = 1.0;
    let mut scale = 0.0;
    for (element, cost) in costs.iter().enumerate() {
        let place = (cost - cheapest) / width;
        let (below, part) = (place.floor() as usize, place.fract());
        for size in (1..sizes.min(element + 2)).rev() {
            let (smaller, larger) = reached.split_at_mut(size);
            let (from, to) = (&smaller[size - 1], &mut larger[0]);
            for (shift, share) in [(below, 1.0 - part), (below.saturating_add(1), part)] {
                if share > 0.0 && shift < steps {
                    to[shift..].iter_mut().zip(from).for_each(|(to, from)| *to += share * from);
                }
            }
        }
        let largest = reached.iter().flatten().copied().fold(0.0, f64::max);
        if largest > 1e100 {
            reached.iter_mut().flatten().for_each(|share| *share /= largest);
            scale += largest.ln();
        }
    }
    // Of all subsets of these sizes, which the costs that were left out belong to as well.
    let all = log_sum(log_binomials(of)[min as usize..=max as usize].iter().copied());
    let mut shares = Shares { by_step: vec![0.0; grid.steps], scale: scale - all };
    for (size, by_step) in reached.iter().enumerate().skip(min as usize) {
        let offset = (size as f64 * cheapest - low) / width;
        for (step, share) in by_step.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            if offset + step as f64 > -1.0 {
                shares.add(offset + step as f64, *share);
            }
        }
    }
    shares.rescale();
    shares
}
