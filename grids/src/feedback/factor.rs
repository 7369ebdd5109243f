//! What of an error is made good where.

use rayon::prelude::*;

use super::Moments;

/// `λ` over the mean of the diagonal.
const DAMPING: f64 = 0.01;
/// Columns that are factored together.
const COLUMNS: usize = 64;

/// `R_ij/R_jj` of the upper triangular `R` with `Σ x·xᵀ + λ·1 = R·Rᵀ`.
#[derive(Clone, Debug)]
pub struct Factor {
    inputs: usize,
    /// `[inputs, inputs]`, rows of `R`, each column divided by its entry on the diagonal; `None` where nothing is known of the
    /// inputs, and no error is made good.
    rows: Option<Vec<f64>>,
}

impl Factor {
    /// That of inputs with these moments. Where they are all 0, or not finite, codes are the nearest ones.
    pub fn of(moments: Moments) -> Self {
        let inputs = moments.inputs();
        let mut rows = moments.sums;
        let diagonal = || (0..inputs).map(|i| i * inputs + i);
        let damping = DAMPING * diagonal().map(|at| rows[at]).sum::<f64>() / inputs as f64;
        if !(damping > 0.0 && damping.is_finite()) {
            return Self { inputs, rows: None };
        }
        diagonal().for_each(|at| rows[at] += damping);
        factor(&mut rows, inputs);
        let scales: Vec<f64> = diagonal().map(|at| rows[at].recip()).collect();
        rows.par_chunks_mut(inputs).for_each(|row| {
            row.iter_mut().zip(&scales).for_each(|(entry, scale)| *entry *= scale);
        });
        Self { inputs, rows: Some(rows) }
    }

    /// Memory, bytes.
    pub fn bytes(&self) -> u64 {
        self.rows.as_ref().map_or(0, |_| Moments::bytes(self.inputs))
    }

    /// Inputs of the module.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Row `i` behind the diagonal: the shares of the error of column `i` that columns `i + 1…` make good.
    pub(super) fn shares(&self, i: usize) -> &[f64] {
        match &self.rows {
            None => &[],
            Some(rows) => &rows[i * self.inputs + i + 1..(i + 1) * self.inputs],
        }
    }
}

/// The upper triangle of a positive definite `[n, n]`, in place, as `R` with `R·Rᵀ` what it was: blocks of columns from the last
/// one on, each first within, then above itself, then out of what is left.
pub(super) fn factor(rows: &mut [f64], n: usize) {
    let mut end = n;
    while end > 0 {
        let start = end.saturating_sub(COLUMNS);
        for j in (start..end).rev() {
            let pivot = rows[j * n + j].sqrt();
            rows[j * n + j] = pivot;
            // `R_kj` for the columns of the block before `j`, which what is above needs, too.
            let column: Vec<f64> = (start..j).map(|k| rows[k * n + j] / pivot).collect();
            rows[..j * n].par_chunks_mut(n).enumerate().with_min_len(16).for_each(|(i, row)| {
                row[j] /= pivot;
                let own = row[j];
                let first = i.max(start);
                row[first..j].iter_mut().zip(&column[first - start..]).for_each(|(left, other)| {
                    *left -= own * other;
                });
            });
        }
        // `R_kj` of the block for all `k` before it, a row for each `j`.
        let above: Vec<Vec<f64>> =
            (start..end).map(|j| (0..start).map(|k| rows[k * n + j]).collect()).collect();
        rows[..start * n].par_chunks_mut(n).enumerate().for_each(|(i, row)| {
            for column in &above {
                let own = column[i];
                row[i..start].iter_mut().zip(&column[i..]).for_each(|(left, other)| *left -= own * other);
            }
        });
        end = start;
    }
}
