//! The factor of a symmetric positive definite matrix that grows by rows.

/// Numbers that are computed side by side.
const LANES: usize = 8;
/// Columns that are taken away together.
const ABREAST: usize = 4;

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
            let (done, rest) = columns.split_at_mut(k);
            let column = &mut rest[0];
            let (fours, last) = done.as_chunks::<ABREAST>();
            for (number, four) in fours.iter().enumerate() {
                let left = |at: usize| &four[at][k - ABREAST * number - at..];
                subtract_all(column, std::array::from_fn(|at| (left(at)[0], left(at))));
            }
            for (other, first) in last.iter().zip(ABREAST * fours.len()..) {
                subtract(column, other[k - first], &other[k - first..]);
            }
            let pivot = column[0];
            if pivot <= 0.0 || !pivot.is_finite() {
                return None;
            }
            column.iter_mut().for_each(|value| *value /= pivot.sqrt());
        }
        Some(Self { columns })
    }

    pub(super) fn size(&self) -> usize {
        self.columns.len()
    }

    /// Adds a last row: `row` are its numbers before the diagonal. Whether the matrix is still positive definite; when it is
    /// not, nothing changes.
    pub(super) fn append(&mut self, row: Vec<f64>, diagonal: f64) -> bool {
        let below = self.forward(row);
        let pivot = diagonal - below.iter().map(|value| value * value).sum::<f64>();
        if pivot <= 0.0 || !pivot.is_finite() {
            return false;
        }
        self.columns.iter_mut().zip(below).for_each(|(column, value)| column.push(value));
        self.columns.push(vec![pivot.sqrt()]);
        true
    }

    /// `A⁻¹·b`.
    pub(super) fn solve(&self, right: Vec<f64>) -> Vec<f64> {
        let mut x = self.forward(right);
        for (k, column) in self.columns.iter().enumerate().rev() {
            x[k] = (x[k] - product(&column[1..], &x[k + 1..])) / column[0];
        }
        x
    }

    /// The diagonal of `A⁻¹`: column norms of `L⁻¹`, several columns abreast.
    pub(super) fn inverse_diagonal(&self) -> Vec<f64> {
        let size = self.size();
        let mut norms = Vec::with_capacity(size);
        for first in (0..size).step_by(LANES) {
            // Row `k` of columns `first..first + LANES` of the identity, from row `first` on.
            let mut units = vec![[0.0; LANES]; size - first];
            units.iter_mut().take(LANES).enumerate().for_each(|(k, row)| row[k] = 1.0);
            let mut squares = [0.0; LANES];
            for (k, column) in self.columns[first..].iter().enumerate() {
                let (known, rest) = units[k..].split_at_mut(1);
                known[0].iter_mut().for_each(|value| *value /= column[0]);
                squares.iter_mut().zip(known[0]).for_each(|(sum, value)| *sum += value * value);
                for (row, below) in rest.iter_mut().zip(&column[1..]) {
                    row.iter_mut().zip(known[0]).for_each(|(value, known)| *value -= known * below);
                }
            }
            norms.extend(squares.iter().take(size - first));
        }
        norms
    }

    /// `L⁻¹·b`.
    fn forward(&self, mut right: Vec<f64>) -> Vec<f64> {
        let (fours, last) = self.columns.as_chunks::<ABREAST>();
        for (number, four) in fours.iter().enumerate() {
            let (known, rest) = right[ABREAST * number..].split_at_mut(ABREAST);
            triangle(known, four);
            subtract_all(rest, std::array::from_fn(|k| (known[k], &four[k][ABREAST - k..])));
        }
        triangle(&mut right[ABREAST * fours.len()..], last);
        right
    }
}

/// `L⁻¹·b` for as many numbers as there are columns.
fn triangle(right: &mut [f64], columns: &[Vec<f64>]) {
    for (k, column) in columns.iter().enumerate() {
        let (known, rest) = right[k..].split_at_mut(1);
        known[0] /= column[0];
        subtract(rest, known[0], &column[1..]);
    }
}

/// `values -= factor·other`.
fn subtract(values: &mut [f64], factor: f64, other: &[f64]) {
    values.iter_mut().zip(other).for_each(|(value, other)| *value -= factor * other);
}

/// The same for several others, one after the other in every place, which is read and written once.
fn subtract_all(values: &mut [f64], others: [(f64, &[f64]); ABREAST]) {
    let [(a, one), (b, two), (c, three), (d, four)] = others;
    for (value, (((one, two), three), four)) in
        values.iter_mut().zip(one.iter().zip(two).zip(three).zip(four))
    {
        *value = *value - a * one - b * two - c * three - d * four;
    }
}

/// `Σ one·other`, in several sums that do not wait for each other.
fn product(one: &[f64], other: &[f64]) -> f64 {
    let ((ones, rest), (others, last)) = (one.as_chunks::<LANES>(), other.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (one, other) in ones.iter().zip(others) {
        sums.iter_mut().zip(one.iter().zip(other)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum::<f64>() + rest.iter().zip(last).map(|(a, b)| a * b).sum::<f64>()
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
            assert!(grown.append((0..i).map(|j| at(i, j)).collect(), at(i, i)));
        }
        assert_eq!((whole.size(), grown.size()), (9, 9));
        let right: Vec<f64> = (0..9).map(f64::from).collect();
        let (one, other) = (whole.solve(right.clone()), grown.solve(right.clone()));
        let residual = |x: &[f64], i: usize| (0..9).map(|j| at(i, j) * x[j]).sum::<f64>() - right[i];
        assert!((0..9).all(|i| residual(&one, i).abs() < 1e-9 && (one[i] - other[i]).abs() < 1e-9));
        assert!(!grown.append((0..9).map(|j| at(3, j)).collect(), at(3, 3) - 1.0));
        assert_eq!(grown.size(), 9, "what is not positive definite changes nothing");
    }

    #[test]
    fn the_diagonal_of_the_inverse_is_that_of_solved_units() {
        // More than two blocks of lanes, and a part of one.
        let size = 19;
        let at =
            |i: usize, j: usize| if i == j { 3.0 + i as f64 } else { 1.0 / (1.0 + i.abs_diff(j) as f64) };
        let factor =
            Cholesky::new((0..size).map(|k| (k..size).map(|i| at(i, k)).collect()).collect()).unwrap();
        for (place, told) in factor.inverse_diagonal().into_iter().enumerate() {
            let unit = (0..size).map(|k| f64::from(u8::from(k == place))).collect();
            assert!((told - factor.solve(unit)[place]).abs() < 1e-12, "{place}");
        }
    }
}
