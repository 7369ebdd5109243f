//! Least squares with a little ridge, on numbers of the calendar and of what was used an hour and more before.

use crate::forecast::LAG;
use crate::{STEPS_PER_DAY, Series};

/// Steps of an hour, which rolling numbers are behind.
const HOUR: usize = 6;
/// Numbers of the calendar: 1, three waves of the day, one for each day of the week but Thursday, the first of all.
const CALENDAR: usize = 13;
/// Rolling numbers: means and medians of half an hour and an hour, their deviation, three hours ago, and softly so.
const ROLLING: usize = 7;
/// Squared numbers that are added to the diagonal.
const RIDGE: f64 = 1.0;

#[derive(Clone, Debug)]
pub(crate) struct Regression {
    weights: Vec<f64>,
}

impl Regression {
    /// Of the calendar alone, fitted to the steps before `until`.
    pub(crate) fn calendar(series: &Series, until: usize) -> Self {
        Self::fit(series, until, CALENDAR)
    }

    /// Of the calendar and of what was used up to an hour before the step (the features of Helios' forecast).
    pub(crate) fn rolling(series: &Series, until: usize) -> Self {
        Self::fit(series, until, CALENDAR + ROLLING)
    }

    fn fit(series: &Series, until: usize, count: usize) -> Self {
        let mut normal = vec![vec![0.0; count + 1]; count];
        for step in LAG + HOUR..until {
            let row = features(series, step, count);
            let target = f64::from(series.used[step]);
            for (one, line) in normal.iter_mut().enumerate() {
                for (other, cell) in line.iter_mut().enumerate() {
                    *cell += row[one] * if other == count { target } else { row[other] };
                }
            }
        }
        for (index, line) in normal.iter_mut().enumerate() {
            line[index] += RIDGE;
        }
        Self { weights: solve(normal) }
    }

    /// What it says of a step.
    pub(crate) fn at(&self, series: &Series, step: usize) -> f64 {
        let row = features(series, step, self.weights.len());
        row.iter().zip(&self.weights).map(|(number, weight)| number * weight).sum()
    }
}

fn features(series: &Series, step: usize, count: usize) -> Vec<f64> {
    let mut row = Vec::with_capacity(count);
    row.push(1.0);
    let hour = (step % STEPS_PER_DAY) as f64 / STEPS_PER_DAY as f64 * std::f64::consts::TAU;
    for wave in [1.0, 2.0, 3.0] {
        row.extend([libm::sin(wave * hour), libm::cos(wave * hour)]);
    }
    let weekday = (series.first_day + (step / STEPS_PER_DAY) as i64).rem_euclid(7);
    row.extend((1..7).map(|day| f64::from(u8::from(day == weekday))));
    if count == CALENDAR {
        return row;
    }
    let used = |back: usize| f64::from(series.used[step.saturating_sub(back)]);
    let half: Vec<f64> = (HOUR..HOUR + 3).map(used).collect();
    let whole: Vec<f64> = (HOUR..2 * HOUR).map(used).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let deviation = |values: &[f64]| {
        let middle = mean(values);
        (values.iter().map(|value| (value - middle) * (value - middle)).sum::<f64>()
            / (values.len() - 1) as f64)
            .sqrt()
    };
    row.extend([mean(&half), mean(&whole), median(&half), median(&whole), deviation(&whole), used(LAG)]);
    row.push(0.5 * used(LAG) + 0.25 * (used(LAG - 1) + used(LAG + 1)));
    row
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { (sorted[half - 1] + sorted[half]) / 2.0 }
}

/// Solves a positive definite system whose right side is its last column, by elimination.
fn solve(mut lines: Vec<Vec<f64>>) -> Vec<f64> {
    let count = lines.len();
    for pivot in 0..count {
        let (above, below) = lines.split_at_mut(pivot + 1);
        let pivot_line = &above[pivot];
        for line in below {
            let factor = line[pivot] / pivot_line[pivot];
            for (cell, other) in line.iter_mut().zip(pivot_line).skip(pivot) {
                *cell -= factor * other;
            }
        }
    }
    let mut solution = vec![0.0; count];
    for index in (0..count).rev() {
        let known: f64 = (index + 1..count).map(|other| lines[index][other] * solution[other]).sum();
        solution[index] = (lines[index][count] - known) / lines[index][index];
    }
    solution
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elimination_solves() {
        let solution = solve(vec![vec![4.0, 1.0, 6.0], vec![1.0, 3.0, 7.0]]);
        assert!((solution[0] - 1.0).abs() < 1e-12 && (solution[1] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_wave_of_the_day_is_found() {
        let wave = |step: usize| {
            let hour = (step % STEPS_PER_DAY) as f64 / STEPS_PER_DAY as f64 * std::f64::consts::TAU;
            (1000.0 + 300.0 * libm::sin(hour)).round() as u32
        };
        let used: Vec<u32> = (0..20 * STEPS_PER_DAY).map(wave).collect();
        let series = Series { first_day: 0, total: vec![2000; used.len()], used };
        let fitted = Regression::calendar(&series, 14 * STEPS_PER_DAY);
        for step in 14 * STEPS_PER_DAY..series.used.len() {
            assert!((fitted.at(&series, step) - f64::from(series.used[step])).abs() < 5.0);
        }
    }
}
