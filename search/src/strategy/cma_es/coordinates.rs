//! Configs as points of ℝⁿ in which every coordinate has about the same scale.

use std::sync::Arc;

use attune_core::rng::Rng;
use attune_core::space::{Config, Domain, Scale, Slot, Space, Value};

/// A range becomes [0, 1] and is reflected at its ends, so that every point is a config; affine coefficients become the
/// coordinates of the plane of their sum, in units of the spread.
pub(super) struct Coordinates {
    space: Arc<Space>,
}

impl Coordinates {
    pub(super) fn new(space: Arc<Space>) -> Self {
        Self { space }
    }

    /// The middle of every range; equal coefficients.
    pub(super) fn centre(&self) -> Vec<f64> {
        let middle = |slot: Slot| match &self.space.dimensions()[slot.dimension].domain {
            Domain::Affine { of, .. } => vec![0.0; *of as usize - 1],
            Domain::Matrix { rows, columns, .. } => vec![0.5; (rows * columns) as usize],
            _ => vec![0.5],
        };
        self.space.slots().flat_map(middle).collect()
    }

    /// Where a random config lies; the [`centre`](Self::centre) where none is found.
    pub(super) fn random(&self, random: &mut Rng) -> Vec<f64> {
        self.space.sample(random).map_or_else(|_| self.centre(), |config| self.of(&config))
    }

    pub(super) fn of(&self, config: &Config) -> Vec<f64> {
        let share =
            |number: f64, min: f64, max: f64| if max > min { (number - min) / (max - min) } else { 0.5 };
        let point = |slot: Slot| match (&self.space.dimensions()[slot.dimension].domain, config.get(slot)) {
            (Domain::Real { min, max, scale: Scale::Linear }, Value::Real(number)) => {
                vec![share(*number, *min, *max)]
            }
            (Domain::Real { min, max, scale: Scale::Log }, Value::Real(number)) => {
                vec![share(number.ln(), min.ln(), max.ln())]
            }
            (Domain::Affine { spread, .. }, Value::Reals(numbers)) => flat(numbers, unit(*spread)),
            (Domain::Matrix { min, max, .. }, Value::Reals(numbers)) => {
                numbers.iter().map(|number| share(*number, *min, *max)).collect()
            }
            _ => Vec::new(),
        };
        self.space.slots().flat_map(point).collect()
    }

    /// The config at a point, if it is one of the space (a budget over reals may exclude it).
    pub(super) fn config(&self, point: &[f64]) -> Option<Config> {
        let mut rest = point.iter().copied();
        let mut cells: Vec<Vec<Value>> = self.space.dimensions().iter().map(|_| Vec::new()).collect();
        for slot in self.space.slots() {
            let mut take = |count: u32| rest.by_ref().take(count as usize).collect::<Vec<f64>>();
            let within =
                |share: f64, min: f64, max: f64| (min + reflect(share) * (max - min)).clamp(min, max);
            cells[slot.dimension].push(match &self.space.dimensions()[slot.dimension].domain {
                Domain::Real { min, max, scale: Scale::Linear } => {
                    Value::Real(within(take(1)[0], *min, *max))
                }
                Domain::Real { min, max, scale: Scale::Log } => {
                    Value::Real(within(take(1)[0], min.ln(), max.ln()).exp().clamp(*min, *max))
                }
                Domain::Affine { of, sum, spread } => {
                    Value::Reals(steep(&take(*of - 1), *sum, unit(*spread)))
                }
                Domain::Matrix { rows, columns, min, max } => {
                    let shares = take(rows * columns);
                    Value::Reals(shares.into_iter().map(|share| within(share, *min, *max)).collect())
                }
                _ => return None,
            });
        }
        // Where cells ascend, every point is one of them after sorting.
        let config = self.space.sorted(self.space.canonical(Config::new(cells)));
        self.space.check(&config).is_ok().then_some(config)
    }
}

fn unit(spread: f64) -> f64 {
    if spread > 0.0 { spread } else { 1.0 }
}

/// A share beyond its ends is mirrored at them: 1.2 is 0.8, −0.2 is 0.2.
fn reflect(share: f64) -> f64 {
    let within = share.rem_euclid(2.0);
    if within > 1.0 { 2.0 - within } else { within }
}

/// Coordinates of `numbers` in the orthonormal Helmert basis of the vectors that sum to zero: the k-th basis
/// vector is `(1, …, 1, −k, 0, …) / √(k(k + 1))`.
fn flat(numbers: &[f64], unit: f64) -> Vec<f64> {
    let mut sum = 0.0;
    (1..numbers.len())
        .map(|k| {
            sum += numbers[k - 1];
            let k_real = k as f64;
            (sum - k_real * numbers[k]) / (k_real * (k_real + 1.0)).sqrt() / unit
        })
        .collect()
}

/// The inverse of [`flat`].
fn steep(point: &[f64], sum: f64, unit: f64) -> Vec<f64> {
    let of = point.len() + 1;
    let mut numbers = vec![sum / of as f64; of];
    for (k, coordinate) in (1..of).zip(point) {
        let k_real = k as f64;
        let scaled = coordinate * unit / (k_real * (k_real + 1.0)).sqrt();
        numbers[..k].iter_mut().for_each(|number| *number += scaled);
        numbers[k] -= k_real * scaled;
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_go_there_and_back() {
        let numbers = [0.7, -0.4, 0.5, 0.2];
        let back = steep(&flat(&numbers, 0.5), 1.0, 0.5);
        assert!(numbers.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
        // Orthonormal: lengths are kept.
        let length = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>();
        let deviations: Vec<f64> = numbers.iter().map(|number| number - 0.25).collect();
        assert!((length(&flat(&numbers, 1.0)) - length(&deviations)).abs() < 1e-12);
    }

    #[test]
    fn ends_reflect() {
        for (share, reflected) in [(0.3, 0.3), (1.2, 0.8), (-0.2, 0.2), (2.1, 0.1), (1.0, 1.0)] {
            assert!((reflect(share) - reflected).abs() < 1e-12);
        }
    }
}
