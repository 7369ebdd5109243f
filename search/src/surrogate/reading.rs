//! How what a sensitivity table predicts is read.

use super::features::Row;

/// Shares of what is explained that a table's prediction may have before anything is seen, over that of all cells. With
/// none the table has no vote.
const TRUSTS: [f64; 4] = [0.0, 0.1, 1.0, 10.0];

/// A prediction as losses are read: differences near the best count as they are.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    best: f64,
    scale: f64,
    amplitude: f64,
}

impl Reading {
    pub(super) fn of(&self, predicted: f64) -> f64 {
        let apart = (predicted - self.best) / self.scale;
        // A config can be predicted to be better than every trial.
        self.amplitude * apart.abs().ln_1p().copysign(apart)
    }
}

/// Ways to read the predictions of these rows: bent like losses, with each of the [`TRUSTS`]; not at all when half of
/// them are equal. `cells` is what the cells of an average row explain.
pub(super) fn candidates(rows: &[&Row], cells: f64) -> Vec<Option<Reading>> {
    let mut predicted: Vec<f64> = rows.iter().map(|row| row.predicted).collect();
    predicted.sort_by(f64::total_cmp);
    let (best, median) = (predicted[0], predicted[predicted.len() / 2]);
    let plain = Reading { best, scale: median - best, amplitude: 1.0 };
    if plain.scale <= 0.0 {
        return vec![None];
    }
    let read: Vec<f64> = predicted.iter().map(|&predicted| plain.of(predicted)).collect();
    let mean = read.iter().sum::<f64>() / read.len() as f64;
    let own = read.iter().map(|read| (read - mean).powi(2)).sum::<f64>() / read.len() as f64;
    let amplitude = |trust: f64| (trust * cells / own).sqrt();
    let trusted = |trust: f64| (trust > 0.0).then(|| Reading { amplitude: amplitude(trust), ..plain });
    TRUSTS.map(trusted).to_vec()
}
