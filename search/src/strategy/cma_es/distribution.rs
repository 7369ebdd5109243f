//! The multivariate normal distribution of CMA-ES and its update. Equation numbers are those of the tutorial (arXiv
//! 1604.00772v2).

use attune_core::eigen::eigen;
use attune_core::rng::Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::parameters::Parameters;

/// With more coordinates, only variances are learnt (sep-CMA-ES; Ros & Hansen 2008), which costs O(n).
const DENSE: usize = 128;
/// Smallest squared length of a whitened step that a negative weight is divided by; that of a sample is about its coordinates.
const SHORTEST: f64 = 1e-3;

pub(super) struct Distribution {
    mean: Vec<f64>,
    sigma: f64,
    /// Row-major; only the diagonal is used when there are more than [`DENSE`] coordinates.
    covariance: Vec<f64>,
    /// Eigenvectors, row-major by coordinate, and square roots of the eigenvalues.
    basis: Vec<f64>,
    axes: Vec<f64>,
    path_sigma: Vec<f64>,
    path: Vec<f64>,
    parameters: Parameters,
    generation: u64,
}

impl Distribution {
    /// A sphere of radius `sigma` around `mean`, of which `population` samples are taken at a time.
    pub(super) fn new(mean: Vec<f64>, sigma: f64, population: usize, active: bool) -> Self {
        let n = mean.len();
        let dense = if n <= DENSE { n * n } else { 0 };
        let mut distribution = Self {
            sigma,
            covariance: vec![0.0; dense.max(n)],
            basis: vec![0.0; dense],
            axes: vec![1.0; n],
            path_sigma: vec![0.0; n],
            path: vec![0.0; n],
            parameters: Parameters::new(n, population, n <= DENSE, active),
            generation: 0,
            mean,
        };
        for i in 0..n {
            let at = distribution.diagonal(i);
            distribution.covariance[at] = 1.0;
            if dense > 0 {
                distribution.basis[i * n + i] = 1.0;
            }
        }
        distribution
    }

    /// How far samples of a coordinate lie apart at most.
    pub(super) fn extent(&self) -> f64 {
        let wide = |i: usize| self.covariance[self.diagonal(i)].max(0.0).sqrt().max(self.path[i].abs());
        self.sigma * (0..self.mean.len()).map(wide).fold(0.0, f64::max)
    }

    /// Condition number of the covariance.
    pub(super) fn condition(&self) -> f64 {
        let (low, high) = self
            .axes
            .iter()
            .fold((f64::INFINITY, 0.0_f64), |(low, high), axis| (low.min(*axis), high.max(*axis)));
        (high / low).powi(2)
    }

    /// Whether a fifth of a standard deviation changes every coordinate of the mean, in the precision of numbers.
    pub(super) fn has_effect(&self) -> bool {
        let moves = |(i, mean): (usize, &f64)| {
            mean + 0.2 * self.sigma * self.covariance[self.diagonal(i)].max(0.0).sqrt() != *mean
        };
        self.mean.iter().enumerate().all(moves)
    }

    /// Whether a tenth of a standard deviation along a principal axis, another one in every generation, changes the mean.
    pub(super) fn has_effect_along_axis(&self) -> bool {
        let n = self.mean.len();
        let axis = (self.generation % n.max(1) as u64) as usize;
        let step = 0.1 * self.sigma * self.axes.get(axis).copied().unwrap_or(0.0);
        let moves = |(i, mean): (usize, &f64)| {
            let share =
                if self.is_dense() { self.basis[i * n + axis] } else { f64::from(u8::from(i == axis)) };
            mean + step * share != *mean
        };
        self.mean.iter().enumerate().any(moves)
    }

    /// The step size that grew while the covariance did not follow: over the longest axis.
    pub(super) fn excess(&self) -> f64 {
        self.sigma / self.axes.iter().copied().fold(0.0, f64::max)
    }

    fn is_dense(&self) -> bool {
        self.mean.len() <= DENSE
    }

    fn diagonal(&self, i: usize) -> usize {
        if self.is_dense() { i * self.mean.len() + i } else { i }
    }

    /// eq. 38 to 40: `x = m + σ B D z`.
    pub(super) fn sample(&self, random: &mut Rng) -> Vec<f64> {
        let scaled: Vec<f64> = self
            .axes
            .iter()
            .map(|axis| {
                let draw: f64 = StandardNormal.sample(random);
                axis * draw
            })
            .collect();
        let step = self.turn(&scaled);
        self.mean.iter().zip(step).map(|(mean, step)| mean + self.sigma * step).collect()
    }

    /// `B v`.
    fn turn(&self, vector: &[f64]) -> Vec<f64> {
        let n = vector.len();
        if !self.is_dense() {
            return vector.to_vec();
        }
        let row = |i: usize| self.basis[i * n..(i + 1) * n].iter().zip(vector).map(|(b, v)| b * v).sum();
        (0..n).map(row).collect()
    }

    /// `C^(−1/2) v = B D⁻¹ Bᵀ v`.
    fn whiten(&self, vector: &[f64]) -> Vec<f64> {
        let n = vector.len();
        let turned: Vec<f64> = if self.is_dense() {
            let column = |j: usize| (0..n).map(|i| self.basis[i * n + j] * vector[i]).sum();
            (0..n).map(column).collect()
        } else {
            vector.to_vec()
        };
        let shrunk: Vec<f64> = turned.iter().zip(&self.axes).map(|(value, axis)| value / axis).collect();
        self.turn(&shrunk)
    }

    /// Learns from the points of a generation, best first.
    pub(super) fn update(&mut self, points: &[Vec<f64>]) {
        let n = self.mean.len();
        if n == 0 || points.is_empty() {
            return;
        }
        self.generation += 1;
        let n_real = n as f64;
        let Parameters { mu_eff, c_sigma, damping, c_c, c_1, c_mu, expected, .. } = self.parameters;
        let steps: Vec<Vec<f64>> = points
            .iter()
            .map(|point| point.iter().zip(&self.mean).map(|(x, m)| (x - m) / self.sigma).collect())
            .collect();
        // eq. 46: how much a bad step counts depends on how unlikely it was.
        let weighted = self.parameters.weights.iter().zip(&steps).map(|(weight, step)| {
            let length = || self.whiten(step).iter().map(|value| value * value).sum::<f64>();
            // A step of next to nothing, as of the mean itself, may not count without end.
            if *weight < 0.0 { weight * n_real / length().max(SHORTEST) } else { *weight }
        });
        let weights: Vec<f64> = weighted.collect();
        // eq. 41 and 42.
        let mut step = vec![0.0; n];
        for (weight, one) in weights.iter().zip(&steps).filter(|(weight, _)| **weight > 0.0) {
            step.iter_mut().zip(one).for_each(|(sum, value)| *sum += weight * value);
        }
        self.mean.iter_mut().zip(&step).for_each(|(mean, step)| *mean += self.sigma * step);
        // eq. 43.
        let white = self.whiten(&step);
        let gain = (c_sigma * (2.0 - c_sigma) * mu_eff).sqrt();
        for (path, white) in self.path_sigma.iter_mut().zip(white) {
            *path = (1.0 - c_sigma) * *path + gain * white;
        }
        let length = self.path_sigma.iter().map(|value| value * value).sum::<f64>().sqrt();
        // eq. 45, with the stall indicator of the paragraph below it.
        let settled = (1.0 - (1.0 - c_sigma).powf(2.0 * self.generation as f64)).sqrt();
        let moving = length / settled < (1.4 + 2.0 / (n_real + 1.0)) * expected;
        let gain = if moving { (c_c * (2.0 - c_c) * mu_eff).sqrt() } else { 0.0 };
        for (path, step) in self.path.iter_mut().zip(&step) {
            *path = (1.0 - c_c) * *path + gain * step;
        }
        // eq. 47.
        let stalled = if moving { 0.0 } else { c_1 * c_c * (2.0 - c_c) };
        let keep = 1.0 - c_1 - c_mu * self.parameters.weights.iter().sum::<f64>() + stalled;
        for i in 0..n {
            let columns = if self.is_dense() { 0..i + 1 } else { i..i + 1 };
            for j in columns {
                let rank_mu: f64 = weights.iter().zip(&steps).map(|(weight, y)| weight * y[i] * y[j]).sum();
                let at = if self.is_dense() { i * n + j } else { i };
                let value = keep * self.covariance[at] + c_1 * self.path[i] * self.path[j] + c_mu * rank_mu;
                self.covariance[at] = value;
                if self.is_dense() {
                    self.covariance[j * n + i] = value;
                }
            }
        }
        // eq. 44.
        self.sigma *= ((c_sigma / damping) * (length / expected - 1.0)).min(1.0).exp();
        // Decomposed as seldom as makes no difference (appendix B.2).
        let every = (1.0 / (10.0 * n_real * (c_1 + c_mu))).ceil().max(1.0) as u64;
        if self.generation.is_multiple_of(every) {
            self.decompose();
        }
    }

    fn decompose(&mut self) {
        let n = self.mean.len();
        let root = |value: f64| value.max(1e-30).sqrt();
        if self.is_dense() {
            let (values, vectors) = eigen(&self.covariance, n);
            self.axes = values.into_iter().map(root).collect();
            self.basis = vectors;
        } else {
            self.axes = self.covariance.iter().map(|value| root(*value)).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use attune_core::rng;

    use super::*;

    #[test]
    fn the_mean_itself_as_the_worst_sample_leaves_a_covariance() {
        let (n, population) = (11, 11);
        let mean = vec![0.5; n];
        let mut distribution = Distribution::new(mean.clone(), 0.3, population, true);
        let mut random = rng::derive(1, "worst", &[]);
        let mut points: Vec<Vec<f64>> = (1..population).map(|_| distribution.sample(&mut random)).collect();
        points.push(mean);
        distribution.update(&points);
        assert!(distribution.condition().is_finite() && distribution.extent().is_finite());
        assert!(distribution.sample(&mut random).iter().all(|value| value.is_finite()));
    }

    #[test]
    fn steps_that_rounding_swallows_have_no_effect() {
        // Of two coordinates the second one is so far out that no step of its axis changes it.
        let mut distribution = Distribution::new(vec![0.0, 1e20], 0.3, 6, true);
        assert!(!distribution.has_effect());
        assert!(distribution.has_effect_along_axis(), "the first axis");
        distribution.generation = 1;
        assert!(!distribution.has_effect_along_axis(), "the second one");
        assert!(Distribution::new(vec![0.0, 1.0], 0.3, 6, true).has_effect());
    }

    #[test]
    fn a_step_size_that_outgrows_the_covariance_is_seen() {
        let mut distribution = Distribution::new(vec![0.0; 3], 0.3, 6, true);
        assert!((distribution.excess() - 0.3).abs() < 1e-12);
        distribution.sigma = 3e4;
        distribution.axes = vec![0.5, 2.0, 1.0];
        assert!((distribution.excess() - 1.5e4).abs() < 1e-6);
        distribution.axes[1] = 1e6;
        assert!(distribution.excess() < 1.0, "the covariance grew, too");
    }
}
