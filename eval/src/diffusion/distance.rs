//! How far generated images are from real ones, by their features.

use attune_core::eigen::eigen;

/// Features of real images and what is compared with them.
pub(super) struct Real {
    /// `[images, features]`.
    features: Vec<f64>,
    moments: Moments,
    /// `L` with `L·Lᵀ` the covariance, row-major.
    root: Vec<f64>,
    /// Mean kernel of two different real images.
    kernel: f64,
}

/// Mean and covariance (divisor n − 1) of features.
struct Moments {
    width: usize,
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

/// The distances of one batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Distance {
    /// Squared Fréchet distance between two normal distributions with the moments of the features (Dowson & Landau,
    /// 1982): `|μ − μ'|² + tr(C + C' − 2(C·C')^½)`. Finite batches make it too large.
    pub(super) frechet: f64,
    /// Unbiased squared maximum mean discrepancy with the kernel `(x·y/d + 1)³` (Bińkowski et al., arXiv
    /// 1801.01401); it may be negative.
    pub(super) kernel: f64,
}

impl Real {
    /// What `features: [images, width]` of at least two real images say.
    pub(super) fn new(features: Vec<f64>, width: usize) -> Self {
        let moments = Moments::new(&features, width);
        let root = cholesky(&moments.covariance, width);
        let kernel = within(&features, width);
        Self { features, moments, root, kernel }
    }

    /// The distances of generated features, `[samples, width]`.
    pub(super) fn distance(&self, features: &[f64]) -> Distance {
        let width = self.moments.width;
        let found = Moments::new(features, width);
        let apart: f64 =
            found.mean.iter().zip(&self.moments.mean).map(|(one, other)| (one - other).powi(2)).sum();
        // The eigenvalues of C·L·Lᵀ are those of the symmetric Lᵀ·C·L.
        let half = product(&found.covariance, &self.root, width, false);
        let symmetric = product(&self.root, &half, width, true);
        let (values, _) = eigen(&symmetric, width);
        let roots: f64 = values.iter().map(|value| value.max(0.0).sqrt()).sum();
        // A NaN feature must not look like a distance.
        let roots = if symmetric.iter().all(|value| value.is_finite()) { roots } else { f64::NAN };
        let frechet = apart + found.trace() + self.moments.trace() - 2.0 * roots;
        let kernel = within(features, width) + self.kernel - 2.0 * self.between(features);
        Distance { frechet, kernel }
    }

    fn between(&self, features: &[f64]) -> f64 {
        let width = self.moments.width;
        let row =
            |one: &[f64]| -> f64 { self.features.chunks_exact(width).map(|other| kernel(one, other)).sum() };
        let sum: f64 = features.chunks_exact(width).map(row).sum();
        sum / (features.len() / width) as f64 / (self.features.len() / width) as f64
    }
}

impl Moments {
    fn new(features: &[f64], width: usize) -> Self {
        let count = (features.len() / width) as f64;
        let mut mean = vec![0.0; width];
        for row in features.chunks_exact(width) {
            mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / count);
        }
        let mut covariance = vec![0.0; width * width];
        for row in features.chunks_exact(width) {
            let centred: Vec<f64> = row.iter().zip(&mean).map(|(value, mean)| value - mean).collect();
            for (line, one) in covariance.chunks_exact_mut(width).zip(&centred) {
                line.iter_mut().zip(&centred).for_each(|(sum, other)| *sum += one * other / (count - 1.0));
            }
        }
        Self { width, mean, covariance }
    }

    fn trace(&self) -> f64 {
        (0..self.width).map(|at| self.covariance[at * self.width + at]).sum()
    }
}

fn kernel(one: &[f64], other: &[f64]) -> f64 {
    let product: f64 = one.iter().zip(other).map(|(a, b)| a * b).sum();
    (product / one.len() as f64 + 1.0).powi(3)
}

/// Mean kernel over pairs of different rows.
fn within(features: &[f64], width: usize) -> f64 {
    let rows: Vec<&[f64]> = features.chunks_exact(width).collect();
    let pairs = rows
        .iter()
        .enumerate()
        .map(|(at, one)| -> f64 { rows[at + 1..].iter().map(|other| kernel(one, other)).sum() });
    2.0 * pairs.sum::<f64>() / (rows.len() as f64 * (rows.len() as f64 - 1.0))
}

/// `A·B`, or `Aᵀ·B`, of square row-major matrices.
fn product(a: &[f64], b: &[f64], n: usize, transposed: bool) -> Vec<f64> {
    let left = |i: usize, k: usize| if transposed { a[k * n + i] } else { a[i * n + k] };
    (0..n * n).map(|at| (0..n).map(|k| left(at / n, k) * b[k * n + at % n]).sum()).collect()
}

/// `L` with `L·Lᵀ = matrix` of a positive semidefinite matrix; a direction without variance gets a column of zeros.
fn cholesky(matrix: &[f64], n: usize) -> Vec<f64> {
    let mut root = vec![0.0; n * n];
    let largest = (0..n).map(|at| matrix[at * n + at]).fold(0.0, f64::max);
    for column in 0..n {
        for row in column..n {
            let known: f64 = (0..column).map(|k| root[row * n + k] * root[column * n + k]).sum();
            let left = matrix[row * n + column] - known;
            root[row * n + column] = if row == column {
                if left > 1e-12 * largest { left.sqrt() } else { 0.0 }
            } else {
                let pivot = root[column * n + column];
                if pivot > 0.0 { left / pivot } else { 0.0 }
            };
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points on the axes with the given means and variances, features independent.
    fn cloud(means: [f64; 2], deviations: [f64; 2]) -> Vec<f64> {
        let signs = [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)];
        // Divisor n − 1: four points of ±d have variance 4d²/3.
        let scale = 0.75_f64.sqrt();
        signs
            .iter()
            .flat_map(|(a, b)| [means[0] + a * scale * deviations[0], means[1] + b * scale * deviations[1]])
            .collect()
    }

    #[test]
    fn normal_distributions_with_parallel_axes_have_a_closed_form() {
        let real = Real::new(cloud([0.0, 0.0], [1.0, 2.0]), 2);
        assert!(real.distance(&cloud([0.0, 0.0], [1.0, 2.0])).frechet.abs() < 1e-12);
        // |μ|² + Σ (σ − σ')² = 25 + 4 + 1.
        let found = real.distance(&cloud([3.0, -4.0], [3.0, 1.0]));
        assert!((found.frechet - 30.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn features_without_variance_and_broken_ones_are_told() {
        let flat = Real::new(cloud([1.0, 0.0], [0.0, 2.0]), 2);
        assert!((flat.distance(&cloud([1.0, 0.0], [2.0, 2.0])).frechet - 4.0).abs() < 1e-12);
        let mut broken = cloud([0.0, 0.0], [1.0, 1.0]);
        broken[3] = f64::NAN;
        assert!(flat.distance(&broken).frechet.is_nan());
    }
}
