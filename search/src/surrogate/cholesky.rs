//! The factor of a symmetric positive definite matrix.

/// `L` of `A = L·Lᵀ`, lower triangle, row-major (Golub & Van Loan, "Matrix computations", §4.2).
pub(super) struct Cholesky {
    factor: Vec<f64>,
    size: usize,
}

impl Cholesky {
    /// Factors a row-major `size × size` matrix; `None` when it is not positive definite.
    pub(super) fn new(mut matrix: Vec<f64>, size: usize) -> Option<Self> {
        for i in 0..size {
            for j in 0..=i {
                let (before, row) = matrix.split_at(i * size);
                let upper = if i == j { &row[..j] } else { &before[j * size..j * size + j] };
                let rest = row[j] - row[..j].iter().zip(upper).map(|(a, b)| a * b).sum::<f64>();
                matrix[i * size + j] = if i == j {
                    if rest <= 0.0 {
                        return None;
                    }
                    rest.sqrt()
                } else {
                    rest / matrix[j * size + j]
                };
            }
        }
        Some(Self { factor: matrix, size })
    }

    /// `A⁻¹·b`.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = self.forward(right, 0);
        for i in (0..self.size).rev() {
            x[i] /= self.at(i, i);
            for j in 0..i {
                x[j] -= self.at(i, j) * x[i];
            }
        }
        x
    }

    /// The diagonal of `A⁻¹`: column norms of `L⁻¹`.
    pub(super) fn inverse_diagonal(&self) -> Vec<f64> {
        let mut unit = vec![0.0; self.size];
        (0..self.size)
            .map(|column| {
                unit[column] = 1.0;
                let solved = self.forward(&unit, column);
                unit[column] = 0.0;
                solved.iter().map(|value| value * value).sum()
            })
            .collect()
    }

    /// `L⁻¹·b` for a right side that is zero before `first`.
    fn forward(&self, right: &[f64], first: usize) -> Vec<f64> {
        let mut x = right.to_vec();
        for i in first..self.size {
            let row = &self.factor[i * self.size..];
            let known: f64 = row[first..i].iter().zip(&x[first..i]).map(|(a, b)| a * b).sum();
            x[i] = (x[i] - known) / row[i];
        }
        x
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.factor[row * self.size + column]
    }
}
