//! The constants of CMA-ES: Table 1 of the tutorial (arXiv 1604.00772v2), with negative weights.

/// What follows from the number of coordinates and samples alone.
pub(super) struct Parameters {
    /// Recombination weights of all samples, best first; those of the better half sum to 1, the others are negative, or
    /// 0 without active adaptation (eq. 53).
    pub(super) weights: Vec<f64>,
    pub(super) mu_eff: f64,
    pub(super) c_sigma: f64,
    pub(super) damping: f64,
    pub(super) c_c: f64,
    pub(super) c_1: f64,
    pub(super) c_mu: f64,
    /// `E‖N(0, I)‖`.
    pub(super) expected: f64,
}

/// `4 + ⌊3 ln n⌋` samples (eq. 48).
pub(super) fn default_population(n: usize) -> usize {
    4 + (3.0 * (n.max(1) as f64).ln()).floor() as usize
}

impl Parameters {
    /// For `n` coordinates and at least 2 samples. `dense` when the whole covariance matrix is learnt, not only its
    /// diagonal; `active` with negative weights.
    pub(super) fn new(n: usize, population: usize, dense: bool, active: bool) -> Self {
        let n = n.max(1) as f64;
        // eq. 49.
        let half = (population as f64 + 1.0) / 2.0;
        let raw: Vec<f64> = (1..=population).map(|rank| half.ln() - (rank as f64).ln()).collect();
        let (better, worse) = raw.split_at(population / 2);
        let sum = |weights: &[f64]| weights.iter().sum::<f64>();
        let effective = |weights: &[f64]| {
            sum(weights).powi(2) / weights.iter().map(|weight| weight * weight).sum::<f64>()
        };
        let mu_eff = effective(better);
        // eq. 55 has 5 where this has 3, as pycma does (`CMAAdaptSigmaCSA`): step sizes adapt a little sooner, which helps where
        // the ellipsoid is round (docs/strategies-bench.md).
        let c_sigma = (mu_eff + 2.0) / (n + mu_eff + 3.0);
        // Diagonals learn faster: Ros & Hansen 2008, eq. 3.
        let haste = if dense { 1.0 } else { (n + 2.0) / 3.0 };
        let c_1 = (haste * 2.0 / ((n + 1.3).powi(2) + mu_eff)).min(1.0);
        let c_mu = 2.0 * (0.25 + mu_eff + 1.0 / mu_eff - 2.0) / ((n + 2.0).powi(2) + mu_eff);
        let c_mu = (haste * c_mu).min(1.0 - c_1);
        // eq. 50 to 53: no more than keeps the covariance positive definite.
        let worst = if active && c_mu > 0.0 {
            let by_rates = 1.0 + c_1 / c_mu;
            let by_mass = 1.0 + 2.0 * effective(worse) / (mu_eff + 2.0);
            let by_definiteness = (1.0 - c_1 - c_mu) / (n * c_mu);
            by_rates.min(by_mass).min(by_definiteness)
        } else {
            0.0
        };
        let (gains, losses) = (sum(better), -sum(worse));
        let scaled = |weight: f64| if weight >= 0.0 { weight / gains } else { weight * worst / losses };
        Self {
            weights: raw.iter().map(|weight| scaled(*weight)).collect(),
            mu_eff,
            c_sigma,
            damping: 1.0 + 2.0 * (((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + c_sigma,
            c_c: (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n),
            c_1,
            c_mu,
            expected: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_pycma() {
        // cma 4.5.0: CMAEvolutionStrategy(10 * [0], 1).sp.weights and its rates.
        let parameters = Parameters::new(10, 10, true, true);
        let known = [
            0.456_272_646_9,
            0.270_753_097_0,
            0.162_231_117_2,
            0.085_233_547_1,
            0.025_509_591_8,
            -0.080_012_607_6,
            -0.221_764_161_0,
            -0.344_554_941_8,
            -0.452_864_086_4,
            -0.549_749_917_7,
        ];
        assert_eq!(parameters.weights.len(), known.len());
        for (weight, known) in parameters.weights.iter().zip(known) {
            assert!((weight - known).abs() < 1e-9, "{weight}, known {known}");
        }
        assert!((parameters.c_1 - 0.015_283_824_5).abs() < 1e-9, "{}", parameters.c_1);
        assert!((parameters.c_mu - 0.023_551_776_7).abs() < 1e-9, "{}", parameters.c_mu);
    }

    #[test]
    fn covariances_stay_positive_definite() {
        for (n, population) in [(1, 4), (2, 6), (11, 11), (100, 17), (11, 400), (1_000, 24)] {
            for dense in [true, false] {
                let Parameters { weights, c_1, c_mu, .. } = Parameters::new(n, population, dense, true);
                let negative: f64 = weights.iter().filter(|weight| **weight < 0.0).sum();
                // What remains of a direction in the worst case (eq. 47 with eq. 46).
                let kept = 1.0 - c_1 - c_mu * weights.iter().sum::<f64>() + c_mu * n as f64 * negative;
                assert!(kept >= -1e-12, "{n}, {population}: {kept}");
            }
        }
    }
}
