//! A guess of a config's loss from the trials so far: Bayesian linear regression on what the cells are.
//!
//! The first-order model of BOCS (Baptista & Poloczek, arXiv 1806.08838, §3.1) with a Gaussian prior, in its dual
//! form, whose cost grows with the trials that it is made from and not with the space. A trial that comes later adds a row to
//! the factor of the kernel; how much noise there is and how predictions are read is chosen anew now and then. What a
//! sensitivity table predicts is one more number of a config, so that the regression says how far to trust it and where it
//! is wrong. The model only ever ranks configs that are not evaluated yet; what a study believes is measured.

mod centre;
mod cholesky;
mod features;
mod orders;
mod reading;

use attune_core::objective::compare;
use attune_core::rng::Rng;
use rand_distr::{Distribution as _, StandardNormal};

use centre::Centre;
use cholesky::Cholesky;
pub(crate) use features::{Features, Row};
use reading::Reading;

/// Fewest trials that a guess is made from.
const FEWEST: usize = 8;
/// Variances of the noise that are tried, in units of what the model explains in a mean trial.
const NOISES: [f64; 5] = [1e-3, 1e-2, 1e-1, 1.0, 10.0];

/// Trials that choose how much noise there is and how predictions are read, spread evenly over all: work grows with their third
/// power, and there are twenty combinations.
const JUDGES: usize = 256;

/// What the trials so far say about configs.
pub(crate) struct Surrogate {
    rows: Vec<Row>,
    losses: Vec<f64>,
    centre: Centre,
    factor: Cholesky,
    /// Variance of the noise, in units of that of a weight.
    noise: f64,
    /// How a prediction is read.
    reading: Option<Reading>,
    /// Mean squared error of predicting trials from the others.
    error: f64,
}

/// What the trials say as long as no other one comes: the same for every opinion.
pub(crate) struct Solved {
    /// Losses as they are read.
    losses: Vec<f64>,
    /// The variance of a weight that makes them most likely (Rasmussen & Williams 2006, eq. 2.30).
    prior: f64,
    /// The mean of all opinions.
    pub(crate) mean: Guess,
}

/// One opinion on every config: smaller is better, only differences mean something.
#[derive(Clone)]
pub(crate) struct Guess {
    cells: Vec<f64>,
    predicted: f64,
    reading: Option<Reading>,
}

impl Surrogate {
    /// Learns from configs and their finite losses.
    ///
    /// `None` with too few trials, or when half of them are alike.
    pub(crate) fn fit(features: &Features, trials: &[(Row, f64)]) -> Option<Self> {
        if trials.len() < FEWEST {
            return None;
        }
        let losses: Vec<f64> = trials.iter().map(|(_, loss)| *loss).collect();
        transformed(&losses)?;
        let rows: Vec<&Row> = trials.iter().map(|(row, _)| row).collect();
        let mut centre = Centre::new(&rows, features.places());
        let spread = rows.len().min(JUDGES);
        let judges: Vec<usize> = (0..spread).map(|number| number * rows.len() / spread).collect();
        let (error, reading, noise) = chosen(features, &judges, &rows, &losses)?;
        centre.predicted = mean(rows.iter().map(|row| read(reading, row)));
        let mut kernel = with_predictions(centre.kernel(&rows), &rows, reading);
        kernel.iter_mut().for_each(|column| column[0] += noise);
        let factor = Cholesky::new(kernel)?;
        let rows = trials.iter().map(|(row, _)| row.clone()).collect();
        Some(Self { rows, losses, centre, factor, noise, reading, error })
    }

    /// Mean squared error of predicting the trials that it was made from from each other: smaller for features that say more.
    pub(crate) fn error(&self) -> f64 {
        self.error
    }

    /// Learns from one trial more; noise and reading stay.
    pub(crate) fn append(&mut self, row: Row, loss: f64) {
        let apart = self.centre.apart(&row);
        let predicted = |row: &Row| read(self.reading, row) - self.centre.predicted;
        let own = predicted(&row);
        let mut kernel = apart.times(self.rows.iter().chain([&row]));
        kernel.iter_mut().zip(&self.rows).for_each(|(cells, other)| *cells += predicted(other) * own);
        let diagonal = kernel.pop().unwrap_or(0.0) + own * own + self.noise;
        // A row that rounding makes of others adds nothing.
        if self.factor.append(kernel, diagonal) {
            self.rows.push(row);
            self.losses.push(loss);
        }
    }

    /// What opinions are made from; `None` while half of the trials are alike.
    pub(crate) fn solved(&self) -> Option<Solved> {
        let losses = transformed(&self.losses)?;
        let solution = self.factor.solve(losses.clone());
        let prior = dot(&losses, &solution) / losses.len() as f64;
        Some(Solved { losses, prior, mean: self.guess(&solution) })
    }

    /// One opinion, drawn as likely as it is, so that what is uncertain gets tried (Thompson sampling). By Matheron's rule
    /// (Wilson et al., arXiv 2002.09309, eq. 9): a draw from the prior, corrected by what it says wrongly about the
    /// trials.
    pub(crate) fn draw(&self, solved: &Solved, random: &mut Rng) -> Guess {
        let mut normal = |variance: f64| -> f64 {
            let drawn: f64 = StandardNormal.sample(random);
            drawn * variance.sqrt()
        };
        let drawn: Vec<f64> = self.centre.mean.iter().map(|_| normal(solved.prior)).collect();
        let of_prediction = normal(solved.prior);
        let at_mean = dot(&self.centre.mean, &drawn) + self.centre.predicted * of_prediction;
        let of_cells = Row::dots(self.rows.iter(), &drawn);
        let says = self.rows.iter().zip(of_cells);
        let says = says.map(|(row, cells)| cells + read(self.reading, row) * of_prediction - at_mean);
        let told = says.zip(&solved.losses);
        let wrong = told.map(|(says, loss)| loss - says - normal(self.noise * solved.prior));
        let mut guess = self.guess(&self.factor.solve(wrong.collect()));
        guess.cells.iter_mut().zip(drawn).for_each(|(weight, drawn)| *weight += drawn);
        guess.predicted += of_prediction;
        guess
    }

    /// `Xᵀ·v` of the centred rows.
    fn guess(&self, over: &[f64]) -> Guess {
        let total: f64 = over.iter().sum();
        let mut cells: Vec<f64> = self.centre.mean.iter().map(|mean| -total * mean).collect();
        let mut predicted = -total * self.centre.predicted;
        for (row, &factor) in self.rows.iter().zip(over) {
            row.add_to(factor, &mut cells);
            predicted += factor * read(self.reading, row);
        }
        Guess { cells, predicted, reading: self.reading }
    }
}

impl Guess {
    /// Of one config.
    pub(crate) fn of(&self, row: &Row) -> f64 {
        row.dot(&self.cells) + read(self.reading, row) * self.predicted
    }
}

fn read(reading: Option<Reading>, row: &Row) -> f64 {
    reading.map_or(0.0, |reading| reading.of(row.predicted))
}

/// How predictions are read and how much noise there is, so that the trials at `judges` predict each other best, after how well
/// they do.
fn chosen(
    features: &Features,
    judges: &[usize],
    rows: &[&Row],
    losses: &[f64],
) -> Option<(f64, Option<Reading>, f64)> {
    let rows: Vec<&Row> = judges.iter().map(|&judge| rows[judge]).collect();
    let losses: Vec<f64> = judges.iter().map(|&judge| losses[judge]).collect();
    let losses = transformed(&losses)?;
    let kernel = Centre::new(&rows, features.places()).kernel(&rows);
    let explained = mean(kernel.iter().map(|column| column[0]));
    let readings = if features.predict() { reading::candidates(&rows, explained) } else { vec![None] };
    let judged = readings.into_iter().filter_map(|reading| {
        let (error, noise) = least_noise(&with_predictions(kernel.clone(), &rows, reading), &losses)?;
        Some((error, reading, noise))
    });
    judged.min_by(|(one, ..), (other, ..)| compare(*one, *other))
}

/// A kernel of cells with the products of predictions, as they are read.
fn with_predictions(mut kernel: Vec<Vec<f64>>, rows: &[&Row], reading: Option<Reading>) -> Vec<Vec<f64>> {
    let mut read: Vec<f64> = rows.iter().map(|row| read(reading, row)).collect();
    let centre = mean(read.iter().copied());
    read.iter_mut().for_each(|read| *read -= centre);
    for (first, column) in kernel.iter_mut().enumerate() {
        column.iter_mut().zip(&read[first..]).for_each(|(cells, other)| *cells += read[first] * other);
    }
    kernel
}

/// The noise that errs least on what is left out, after that error.
fn least_noise(kernel: &[Vec<f64>], losses: &[f64]) -> Option<(f64, f64)> {
    let scale = mean(kernel.iter().map(|column| column[0]));
    if scale <= 0.0 {
        return None;
    }
    let tried = NOISES.iter().filter_map(|noise| {
        let noise = noise * scale;
        let mut matrix = kernel.to_vec();
        matrix.iter_mut().for_each(|column| column[0] += noise);
        Some((left_out(&Cholesky::new(matrix)?, losses), noise))
    });
    tried.min_by(|(one, _), (other, _)| compare(*one, *other))
}

/// `ln(1 + (loss − best)/(median − best))`, centred: differences near the best count as they are, and a config that breaks
/// the model does not bend everything else. `None` when half of them are equal.
fn transformed(losses: &[f64]) -> Option<Vec<f64>> {
    let mut sorted = losses.to_vec();
    sorted.sort_by(|one, other| compare(*one, *other));
    let best = sorted[0];
    let scale = sorted[sorted.len() / 2] - best;
    if scale <= 0.0 {
        return None;
    }
    let mut bent: Vec<f64> = losses.iter().map(|loss| ((loss - best) / scale).ln_1p()).collect();
    let centre = mean(bent.iter().copied());
    bent.iter_mut().for_each(|loss| *loss -= centre);
    Some(bent)
}

/// Mean squared error of predicting every trial from the others (Rasmussen & Williams 2006, eq. 5.12).
fn left_out(factor: &Cholesky, losses: &[f64]) -> f64 {
    let solved = factor.solve(losses.to_vec());
    mean(solved.iter().zip(factor.inverse_diagonal()).map(|(solved, inverse)| (solved / inverse).powi(2)))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests;
