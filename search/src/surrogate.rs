//! A guess of a config's loss from the trials so far: Bayesian linear regression on what the cells are.
//!
//! The first-order model of BOCS (Baptista & Poloczek, arXiv 1806.08838, §3.1) with a Gaussian prior, in its dual
//! form, whose cost grows with the trials and not with the space. What a sensitivity table predicts is one more number of
//! a config, so that the regression says how far to trust it and where it is wrong. The model only ever ranks configs that are
//! not evaluated yet; what a study believes is measured.

mod cholesky;
mod features;

use attune_core::objective::compare;
use attune_core::rng::Rng;
use attune_core::space::Config;
use rand_distr::{Distribution as _, StandardNormal};

use cholesky::Cholesky;
pub(crate) use features::Features;

/// Fewest trials that a guess is made from.
const FEWEST: usize = 8;
/// Most trials that it is made from, the best ones: work grows with the third power.
const MOST: usize = 256;
/// Variances of the noise that are tried, in units of what the model explains in a mean trial.
const NOISES: [f64; 5] = [1e-3, 1e-2, 1e-1, 1.0, 10.0];

/// Shares of what is explained that a table's prediction may have before anything is seen, over that of all cells.
const TRUSTS: [f64; 3] = [0.1, 1.0, 10.0];

/// What the trials so far say about configs.
pub(crate) struct Surrogate {
    /// Features of each trial, centred: `[trials][features]`.
    rows: Vec<Vec<f64>>,
    /// Transformed losses, centred.
    losses: Vec<f64>,
    factor: Cholesky,
    /// Variances of a weight and of the noise.
    prior: f64,
    noise: f64,
    /// How a prediction, the last number of a config, is read.
    reading: Option<Reading>,
}

/// One opinion on every config: smaller is better, only differences mean something.
pub(crate) struct Guess {
    weights: Vec<f64>,
    reading: Option<Reading>,
}

/// A prediction as losses are read: differences near the best count as they are.
#[derive(Clone, Copy)]
struct Reading {
    best: f64,
    scale: f64,
    amplitude: f64,
}

impl Reading {
    fn of(&self, predicted: f64) -> f64 {
        let apart = (predicted - self.best) / self.scale;
        // A config can be predicted to be better than every trial.
        self.amplitude * apart.abs().ln_1p().copysign(apart)
    }
}

impl Surrogate {
    /// Learns from configs and their losses, which may be any numbers.
    ///
    /// `None` with too few trials, or when they are all alike.
    pub(crate) fn fit<'a>(
        features: &Features,
        trials: impl Iterator<Item = (&'a Config, f64)>,
    ) -> Option<Self> {
        let mut trials: Vec<(&Config, f64)> = trials.filter(|(_, loss)| loss.is_finite()).collect();
        trials.sort_by(|(_, one), (_, other)| compare(*one, *other));
        trials.truncate(MOST);
        if trials.len() < FEWEST {
            return None;
        }
        let losses = centred(flattened(trials.iter().map(|(_, loss)| *loss).collect())?);
        let raw: Vec<Vec<f64>> = trials.iter().map(|(config, _)| features.of(config)).collect();
        let readings = if features.predict() { readings(&raw) } else { vec![None] };
        let fits = readings.into_iter().filter_map(|reading| Self::fit_read(&raw, &losses, reading));
        fits.min_by(|(one, _), (other, _)| compare(*one, *other)).map(|(_, surrogate)| surrogate)
    }

    /// With one way to read predictions: the error on what is left out, and the model.
    fn fit_read(raw: &[Vec<f64>], losses: &[f64], reading: Option<Reading>) -> Option<(f64, Self)> {
        let mut rows: Vec<Vec<f64>> = raw.iter().map(|row| read(row.clone(), reading)).collect();
        centre_columns(&mut rows);
        let kernel: Vec<f64> = rows.iter().flat_map(|one| rows.iter().map(|other| dot(one, other))).collect();
        let count = rows.len();
        let scale = (0..count).map(|i| kernel[i * count + i]).sum::<f64>() / count as f64;
        if scale <= 0.0 {
            return None;
        }
        let factors = NOISES.iter().filter_map(|noise| {
            let noise = noise * scale;
            let mut matrix = kernel.clone();
            (0..count).for_each(|i| matrix[i * count + i] += noise);
            Some((noise, Cholesky::new(matrix, count)?))
        });
        let (error, noise, factor) = factors
            .map(|(noise, factor)| (left_out(&factor, losses), noise, factor))
            .min_by(|(one, ..), (other, ..)| compare(*one, *other))?;
        // The variance that makes the losses most likely (Rasmussen & Williams 2006, eq. 2.30).
        let prior = dot(losses, &factor.solve(losses)) / count as f64;
        Some((error, Self { rows, losses: losses.to_vec(), factor, prior, noise: noise * prior, reading }))
    }

    /// The mean of all opinions.
    pub(crate) fn mean(&self) -> Guess {
        Guess { weights: self.weights(&self.factor.solve(&self.losses)), reading: self.reading }
    }

    /// One opinion, drawn as likely as it is, so that what is uncertain gets tried (Thompson sampling). By Matheron's rule
    /// (Wilson et al., arXiv 2002.09309, eq. 9): a draw from the prior, corrected by what it says wrongly about the
    /// trials.
    pub(crate) fn draw(&self, random: &mut Rng) -> Guess {
        let mut normal = |variance: f64| -> f64 {
            let drawn: f64 = StandardNormal.sample(random);
            drawn * variance.sqrt()
        };
        let features = self.rows.first().map_or(0, Vec::len);
        let drawn: Vec<f64> = (0..features).map(|_| normal(self.prior)).collect();
        let wrong = self.rows.iter().zip(&self.losses);
        let wrong: Vec<f64> = wrong.map(|(row, loss)| loss - dot(row, &drawn) - normal(self.noise)).collect();
        let correction = self.weights(&self.factor.solve(&wrong));
        let weights = drawn.iter().zip(correction).map(|(drawn, correction)| drawn + correction).collect();
        Guess { weights, reading: self.reading }
    }

    /// `Xᵀ·v`.
    fn weights(&self, over: &[f64]) -> Vec<f64> {
        let mut weights = vec![0.0; self.rows.first().map_or(0, Vec::len)];
        for (row, factor) in self.rows.iter().zip(over) {
            weights.iter_mut().zip(row).for_each(|(weight, value)| *weight += factor * value);
        }
        weights
    }
}

impl Guess {
    /// Of one config of the space that `features` are of.
    pub(crate) fn of(&self, features: &Features, config: &Config) -> f64 {
        dot(&self.weights, &read(features.of(config), self.reading))
    }
}

/// A row whose prediction, the last number, is read; without one the row as it is.
fn read(mut row: Vec<f64>, reading: Option<Reading>) -> Vec<f64> {
    if let (Some(reading), Some(predicted)) = (reading, row.last_mut()) {
        *predicted = reading.of(*predicted);
    }
    row
}

/// Ways to read the predictions of these rows: bent like losses, with each of the [`TRUSTS`]; not at all when half of
/// them are equal.
fn readings(raw: &[Vec<f64>]) -> Vec<Option<Reading>> {
    let mut predicted: Vec<f64> = raw.iter().filter_map(|row| row.last().copied()).collect();
    predicted.sort_by(f64::total_cmp);
    let (best, median) = (predicted[0], predicted[predicted.len() / 2]);
    let plain = Reading { best, scale: median - best, amplitude: 1.0 };
    if plain.scale <= 0.0 {
        return vec![Some(Reading { best, scale: 1.0, amplitude: 0.0 })];
    }
    let mut rows: Vec<Vec<f64>> = raw.iter().map(|row| read(row.clone(), Some(plain))).collect();
    centre_columns(&mut rows);
    let squares = |row: &Vec<f64>| {
        let all = dot(row, row);
        let own = row.last().map_or(0.0, |last| last * last);
        (all - own, own)
    };
    let (cells, own) = rows.iter().map(squares).fold((0.0, 0.0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
    let amplitude = |trust: f64| (trust * cells / own).sqrt();
    TRUSTS.map(|trust| Some(Reading { amplitude: amplitude(trust), ..plain })).to_vec()
}

/// `ln(1 + (loss − best)/(median − best))` of ascending losses: differences near the best count as they are, and a
/// config that breaks the model does not bend everything else. `None` when half of them are equal.
fn flattened(losses: Vec<f64>) -> Option<Vec<f64>> {
    let best = losses[0];
    let scale = losses[losses.len() / 2] - best;
    (scale > 0.0).then(|| losses.iter().map(|loss| ((loss - best) / scale).ln_1p()).collect())
}

fn centred(mut values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|value| *value -= mean);
    values
}

fn centre_columns(rows: &mut [Vec<f64>]) {
    for column in 0..rows[0].len() {
        let mean = rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64;
        rows.iter_mut().for_each(|row| row[column] -= mean);
    }
}

/// Mean squared error of predicting every trial from the others (Rasmussen & Williams 2006, eq. 5.12).
fn left_out(factor: &Cholesky, losses: &[f64]) -> f64 {
    let solved = factor.solve(losses);
    let inverse = factor.inverse_diagonal();
    solved.iter().zip(inverse).map(|(solved, inverse)| (solved / inverse).powi(2)).sum::<f64>()
        / losses.len() as f64
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests;
