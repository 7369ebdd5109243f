//! The factor of a symmetric positive definite matrix that grows by rows.

/// `L` of `A = L·Lᵀ` (Golub & Van Loan, "Matrix computations", §4.2), by columns: column `k` holds `L[k..][k]`. So every loop
/// runs over numbers that lie beside each other, and a new row of `A` adds one number to each column.
#[derive(Default)]
pub(super) struct Cholesky {
    columns: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Factors the matrix whose lower triangle has these columns, each from the diagonal down; `None` when it is not
    /// positive definite.
    pub(super) fn new(mut columns: Vec<Vec<f64>>) -> Option<Self> {
        for k in 0..columns.len() {
            let (done, rest) = columns.split_at_mut(k + 1);
            let column = &mut done[k];
            let pivot = column[0];
            if pivot <= 0.0 || !pivot.is_finite() {
                return None;
            }
            column.iter_mut().for_each(|value| *value /= pivot.sqrt());
            for (apart, other) in rest.iter_mut().enumerate() {
                subtract(other, column[apart + 1], &column[apart + 1..]);
            }
        }
        Some(Self { columns })
    }

    pub(super) fn size(&self) -> usize {
        self.columns.len()
    }

    /// Adds a last row: `row` are its numbers before the diagonal. Whether the matrix is still positive definite; when it is
    /// not, nothing changes.
    pub(super) fn append(&mut self, row: &[f64], diagonal: f64) -> bool {
        let below = self.forward(row.to_vec(), 0);
        let pivot = diagonal - below.iter().map(|value| value * value).sum::<f64>();
        if pivot <= 0.0 || !pivot.is_finite() {
            return false;
        }
        self.columns.iter_mut().zip(below).for_each(|(column, value)| column.push(value));
        self.columns.push(vec![pivot.sqrt()]);
        true
    }

    /// `A⁻¹·b`.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = self.forward(right.to_vec(), 0);
        for (k, column) in self.columns.iter().enumerate().rev() {
            let known: f64 = column[1..].iter().zip(&x[k + 1..]).map(|(a, b)| a * b).sum();
            x[k] = (x[k] - known) / column[0];
        }
        x
    }

    /// The diagonal of `A⁻¹`: column norms of `L⁻¹`.
    pub(super) fn inverse_diagonal(&self) -> Vec<f64> {
        let size = self.size();
        (0..size)
            .map(|column| {
                let mut unit = vec![0.0; size];
                unit[column] = 1.0;
                self.forward(unit, column).iter().map(|value| value * value).sum()
            })
            .collect()
    }

    /// `L⁻¹·b` for a right side that is zero before `first`.
    fn forward(&self, mut right: Vec<f64>, first: usize) -> Vec<f64> {
        for (k, column) in self.columns.iter().enumerate().skip(first) {
            let (known, rest) = right[k..].split_at_mut(1);
            known[0] /= column[0];
            subtract(rest, known[0], &column[1..]);
        }
        right
    }
}

/// `values -= factor·other`.
fn subtract(values: &mut [f64], factor: f64, other: &[f64]) {
    values.iter_mut().zip(other).for_each(|(value, other)| *value -= factor * other);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_that_grows_row_by_row_has_the_factor_of_the_whole() {
        // A = B·Bᵀ + I of fixed numbers.
        let row =
            |i: usize| (0..4).map(|j| f64::from(((i * 7 + j * 5) % 11) as u32) - 5.0).collect::<Vec<f64>>();
        let at = |i: usize, j: usize| -> f64 {
            let product: f64 = row(i).iter().zip(row(j)).map(|(a, b)| a * b).sum();
            product + if i == j { 1.0 } else { 0.0 }
        };
        let whole = Cholesky::new((0..9).map(|k| (k..9).map(|i| at(i, k)).collect()).collect()).unwrap();
        let mut grown = Cholesky::default();
        for i in 0..9 {
            assert!(grown.append(&(0..i).map(|j| at(i, j)).collect::<Vec<f64>>(), at(i, i)));
        }
        assert_eq!((whole.size(), grown.size()), (9, 9));
        let right: Vec<f64> = (0..9).map(f64::from).collect();
        let (one, other) = (whole.solve(&right), grown.solve(&right));
        let residual = |x: &[f64], i: usize| (0..9).map(|j| at(i, j) * x[j]).sum::<f64>() - right[i];
        assert!((0..9).all(|i| residual(&one, i).abs() < 1e-9 && (one[i] - other[i]).abs() < 1e-9));
        assert!(!grown.append(&(0..9).map(|j| at(3, j)).collect::<Vec<f64>>(), at(3, 3) - 1.0));
        assert_eq!(grown.size(), 9, "what is not positive definite changes nothing");
    }
}
