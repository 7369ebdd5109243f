//! A guess of a config's loss from the trials so far: Bayesian linear regression on what the cells are.
//!
//! The first-order model of BOCS (Baptista & Poloczek, arXiv 1806.08838, §3.1) with a Gaussian prior, in its dual
//! form, whose cost grows with the trials and not with the space. It only ever ranks configs that are not evaluated
//! yet; what a study believes is measured.

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
}

/// One opinion on every config: smaller is better, only differences mean something.
pub(crate) struct Guess(Vec<f64>);

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
        let mut rows: Vec<Vec<f64>> = trials.iter().map(|(config, _)| features.of(config)).collect();
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
        let (_, noise, factor) = factors
            .map(|(noise, factor)| (left_out(&factor, &losses), noise, factor))
            .min_by(|(one, ..), (other, ..)| compare(*one, *other))?;
        // The variance that makes the losses most likely (Rasmussen & Williams 2006, eq. 2.30).
        let prior = dot(&losses, &factor.solve(&losses)) / count as f64;
        Some(Self { rows, losses, factor, prior, noise: noise * prior })
    }

    /// The mean of all opinions.
    pub(crate) fn mean(&self) -> Guess {
        Guess(self.weights(&self.factor.solve(&self.losses)))
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
        Guess(drawn.iter().zip(correction).map(|(drawn, correction)| drawn + correction).collect())
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
        dot(&self.0, &features.of(config))
    }
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
