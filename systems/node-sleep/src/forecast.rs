//! What is expected of the next steps.

use crate::regression::Regression;
use crate::{Series, Split};

/// What forecasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forecast {
    /// What was used three hours before; where that is not known yet, six hours before, and so on.
    Lag,
    /// Least squares on calendar and rolling numbers, in the place of Helios' gradient-boosted trees.
    Regression,
    /// What will be used. For baselines: nobody knows it.
    Oracle,
}

/// What a forecast of a step may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What is known at the moment of the decision.
    Past,
    /// As the published evaluation: everything up to an hour before the step that is forecast (three hours for [`Forecast::Lag`]), which is later than the
    /// moment of the decision for all but the nearest steps. Forecasts are whole nodes there, rounded down.
    Published,
}

/// Steps of three hours.
pub(crate) const LAG: usize = 18;

/// Means of forecasts over the next steps of a split.
#[derive(Clone, Debug)]
pub struct Forecaster {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Sums of a forecast of each step from the first of the series on; one more than there are steps.
    Known { sums: Vec<f64>, end: usize },
    /// What was used three hours before each step, as far as that is known, and then the latest three hours again and again: sums of what was used
    /// three hours before.
    Lagged { sums: Vec<f64>, end: usize },
    /// What the calendar says, and a deviation from it that decays.
    Decaying { sums: Vec<f64>, deviations: Vec<f64>, decay: f64, end: usize },
}

impl Forecaster {
    /// Fits to the steps before `split`.
    pub fn new(series: &Series, split: &Split, forecast: Forecast, sight: Sight) -> Self {
        let used: Vec<f64> = series.used.iter().map(|&nodes| f64::from(nodes)).collect();
        let end = split.steps.end;
        let floored = |steps: Vec<f64>| Kind::Known { sums: sums(steps.into_iter().map(f64::floor)), end };
        let kind = match (forecast, sight) {
            (Forecast::Oracle, _) => Kind::Known { sums: sums(used.into_iter()), end },
            (Forecast::Lag, Sight::Published) => {
                floored((0..used.len()).map(|step| used[step.saturating_sub(LAG)]).collect())
            }
            (Forecast::Lag, Sight::Past) => {
                // Of the three hours after the last step as well: they are what the latest ones repeat.
                let lagged = (0..used.len() + LAG).map(|step| used[step.saturating_sub(LAG)]);
                Kind::Lagged { sums: sums(lagged), end }
            }
            (Forecast::Regression, Sight::Published) => {
                let fitted = Regression::rolling(series, split.steps.start);
                floored((0..used.len()).map(|step| fitted.at(series, step)).collect())
            }
            (Forecast::Regression, Sight::Past) => {
                let fitted = Regression::calendar(series, split.steps.start);
                let calendar: Vec<f64> = (0..used.len()).map(|step| fitted.at(series, step)).collect();
                let deviations: Vec<f64> =
                    used.iter().zip(&calendar).map(|(used, expected)| used - expected).collect();
                let decay = decay(&deviations[..split.steps.start]);
                Kind::Decaying { sums: sums(calendar.into_iter()), deviations, decay, end }
            }
        };
        Self { kind }
    }

    /// The mean of the forecasts of `steps` steps from `step` on, the first of them included, as far as the split goes. `step` lies in the split.
    pub fn mean(&self, step: usize, steps: usize) -> f64 {
        let (&Kind::Known { end, .. } | &Kind::Lagged { end, .. } | &Kind::Decaying { end, .. }) = &self.kind;
        let until = (step + steps).min(end);
        let count = (until - step) as f64;
        match &self.kind {
            Kind::Known { sums, .. } => (sums[until] - sums[step]) / count,
            Kind::Lagged { sums, .. } => {
                // Three hours before `step + LAG` is now; what is later repeats the round that ends there.
                let from = step + 1;
                let (rounds, rest) = ((until - from) / LAG, (until - from) % LAG);
                let round = sums[from + LAG] - sums[from];
                (rounds as f64 * round + sums[from + rest] - sums[step]) / count
            }
            Kind::Decaying { sums, deviations, decay, .. } => {
                let left = deviations[step] * (1.0 - libm::pow(*decay, count)) / (1.0 - decay);
                (sums[until] - sums[step] + left) / count
            }
        }
    }
}

fn sums(steps: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    sums.extend(steps.map(|step| {
        sum += step;
        sum
    }));
    sums
}

/// The share of a deviation that is left a step later (least squares), below 1.
fn decay(deviations: &[f64]) -> f64 {
    let (mut both, mut one) = (0.0, 0.0);
    for pair in deviations.windows(2) {
        both += pair[0] * pair[1];
        one += pair[0] * pair[0];
    }
    if one > 0.0 { (both / one).clamp(0.0, 0.9999) } else { 0.0 }
}
