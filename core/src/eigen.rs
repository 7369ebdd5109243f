//! Eigenvalues of symmetric matrices.

/// Sweeps over all pairs of coordinates; a dozen is plenty at the sizes used here.
const SWEEPS: usize = 60;

/// Eigenvalues and eigenvectors (the columns of a row-major matrix) of a symmetric row-major matrix, by cyclic
/// Jacobi rotations (Golub & Van Loan, "Matrix computations", §8.5).
pub fn eigen(matrix: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let mut a = matrix.to_vec();
    let mut vectors: Vec<f64> = (0..n * n).map(|at| if at / n == at % n { 1.0 } else { 0.0 }).collect();
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                let off = a[p * n + q];
                if off.abs() <= 1e-15 * (a[p * n + p] * a[q * n + q]).abs().sqrt() || off == 0.0 {
                    continue;
                }
                rotated = true;
                let tau = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
                let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                let c = 1.0 / (1.0 + t * t).sqrt();
                let s = t * c;
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (vectors[k * n + p], vectors[k * n + q]);
                    (vectors[k * n + p], vectors[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
        if !rotated {
            break;
        }
    }
    ((0..n).map(|i| a[i * n + i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::eigen;
    use crate::rng::derive;

    #[test]
    fn the_matrix_is_put_together_again() {
        let n = 12;
        let mut random = derive(1, "eigen", &[]);
        let half: Vec<f64> = (0..n * n).map(|_| random.random_range(-1.0..1.0)).collect();
        let product = |a: &dyn Fn(usize, usize) -> f64, b: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
            let entry = |at: usize| (0..n).map(|k| a(at / n, k) * b(k, at % n)).sum();
            (0..n * n).map(entry).collect()
        };
        let matrix = product(&|i, k| half[i * n + k], &|k, j| half[j * n + k]);
        let (values, vectors) = eigen(&matrix, n);
        let back = product(&|i, k| vectors[i * n + k] * values[k], &|k, j| vectors[j * n + k]);
        let unit = product(&|i, k| vectors[k * n + i], &|k, j| vectors[k * n + j]);
        for at in 0..n * n {
            assert!((back[at] - matrix[at]).abs() < 1e-10);
            assert!((unit[at] - f64::from(u8::from(at / n == at % n))).abs() < 1e-12);
        }
    }
}
