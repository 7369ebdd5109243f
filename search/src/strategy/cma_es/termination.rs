//! When a run of CMA-ES ends: the criteria and constants of Hansen 2009 ("Benchmarking a BI-population CMA-ES", §2: MaxIter,
//! TolHistFun, EqualFunVals, TolX, TolUpSigma, Stagnation, ConditionCov, NoEffectAxis, NoEffectCoor), where losses are compared
//! relative to their size, since they have no unit here.

use super::distribution::Distribution;

/// Smallest change of the best losses, relative to them.
const LOSSES: f64 = 1e-12;
/// Smallest extent of the distribution, relative to its first one.
const EXTENT: f64 = 1e-12;
/// Largest growth of the step size over the longest axis: it creeps (TolUpSigma).
const GROWTH: f64 = 1e20;
/// Largest condition of the covariance.
const CONDITION: f64 = 1e14;

/// What a run has seen.
pub(super) struct History {
    coordinates: usize,
    population: usize,
    /// Step size at its start.
    step: f64,
    /// Best and median loss of every generation.
    best: Vec<f64>,
    median: Vec<f64>,
    /// Whether the best and a much worse sample of a generation had the same loss.
    equal: Vec<bool>,
}

impl History {
    pub(super) fn new(coordinates: usize, population: usize, step: f64) -> Self {
        Self { coordinates, population, step, best: Vec::new(), median: Vec::new(), equal: Vec::new() }
    }

    /// Hears of the losses of a generation, best first.
    pub(super) fn add(&mut self, losses: &[f64]) {
        let Some(best) = losses.first() else { return };
        let other = ((0.1 + self.population as f64 / 4.0).ceil() as usize).min(losses.len() - 1);
        self.best.push(*best);
        self.median.push(losses[losses.len() / 2]);
        self.equal.push(other > 0 && *best == losses[other]);
    }

    /// Whether another generation is not worth its evaluations.
    pub(super) fn is_over(&self, distribution: &Distribution) -> bool {
        let (n, population) = (self.coordinates as f64, self.population as f64);
        let generations = self.best.len();
        if n == 0.0 || generations == 0 {
            return false;
        }
        let most = 100.0 + 50.0 * (n + 3.0).powi(2) / population.sqrt();
        generations as f64 >= most
            || self.is_flat(10 + (30.0 * n / population).ceil() as usize)
            || self.is_equal()
            || self.is_stagnant()
            || distribution.extent() < EXTENT * self.step
            || distribution.condition() > CONDITION
            || distribution.excess() > GROWTH * self.step
            || !distribution.has_effect()
            || !distribution.has_effect_along_axis()
    }

    /// The best losses of the last generations are the same but for rounding.
    fn is_flat(&self, window: usize) -> bool {
        let Some(recent) = self.best.len().checked_sub(window).map(|from| &self.best[from..]) else {
            return false;
        };
        let (low, high) = range(recent);
        high - low <= LOSSES * low.abs().max(high.abs())
    }

    /// A third of the last n generations saw plateaus.
    fn is_equal(&self) -> bool {
        let window = self.coordinates.max(3);
        self.equal.len().checked_sub(window).is_some_and(|from| {
            let equal = self.equal[from..].iter().filter(|equal| **equal).count();
            3 * equal > window
        })
    }

    /// Over the last fifth of the run, neither the best nor the median losses fell.
    fn is_stagnant(&self) -> bool {
        let (n, population) = (self.coordinates as f64, self.population as f64);
        let least = (120.0 + 30.0 * n / population).ceil() as usize;
        let window = (self.best.len() / 5).min(20_000).max(least);
        let fell = |losses: &[f64]| {
            let recent = &losses[losses.len() - window..];
            let part = (3 * window).div_ceil(10);
            median(&recent[window - part..]) < median(&recent[..part])
        };
        self.best.len() >= window && !fell(&self.best) && !fell(&self.median)
    }
}

fn range(losses: &[f64]) -> (f64, f64) {
    losses
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), loss| (low.min(*loss), high.max(*loss)))
}

fn median(losses: &[f64]) -> f64 {
    let mut sorted = losses.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(history: &History) -> bool {
        history.is_over(&Distribution::new(vec![0.0; 10], 0.3, 10, true))
    }

    #[test]
    fn a_run_goes_on_while_losses_fall_and_ends_when_they_do_not() {
        let mut falling = History::new(10, 10, 0.3);
        for generation in 0..300 {
            let loss = 0.9_f64.powi(generation);
            falling.add(&[loss, 2.0 * loss, 3.0 * loss, 4.0 * loss, 5.0 * loss]);
            assert!(!over(&falling), "{generation}");
        }
        let ended = |loss: &dyn Fn(i32) -> [f64; 5]| {
            let mut history = History::new(10, 10, 0.3);
            (0..5_000).find(|generation| {
                history.add(&loss(*generation));
                over(&history)
            })
        };
        // The same best loss in 10 + 30·10/10 generations; a plateau in a third of 10; noise in 120 + 30.
        assert_eq!(ended(&|_| [1.0, 2.0, 3.0, 4.0, 5.0]), Some(39));
        assert_eq!(ended(&|_| [0.0; 5]), Some(9));
        let noise =
            ended(&|generation| [1.0, 2.0, 3.0, 4.0, 5.0].map(|loss| loss + f64::from(generation % 7)));
        assert!(noise.is_some_and(|generation| (149..400).contains(&generation)), "{noise:?}");
    }

    #[test]
    fn small_populations_in_many_coordinates_have_patience() {
        let mut history = History::new(2_000, 2, 0.3);
        for generation in 0..100 {
            history.add(&[f64::from(generation % 7), 9.0]);
            assert!(!history.is_over(&Distribution::new(vec![0.0; 2_000], 0.3, 2, true)), "{generation}");
        }
    }
}
