//! Second moments of what enters a module.

use rayon::prelude::*;

/// Rows that are added up in one go: few enough that they stay in a processor's cache.
const ROWS: usize = 64;

/// `Σ x·xᵀ` over rows `x`, in float64. Sums are taken in the order of the rows, so they depend neither on threads nor on how rows
/// are handed over.
#[derive(Clone, Debug)]
pub struct Moments {
    inputs: usize,
    /// `[inputs, inputs]`; the triangle below the diagonal stays 0.
    pub(super) sums: Vec<f64>,
}

impl Moments {
    /// Of no rows yet, of `inputs` numbers each.
    pub fn new(inputs: usize) -> Self {
        Self { inputs, sums: vec![0.0; inputs * inputs] }
    }

    /// Memory that the moments of `inputs` numbers take, bytes.
    pub fn bytes(inputs: usize) -> u64 {
        8 * (inputs * inputs) as u64
    }

    /// Adds rows: `[rows, inputs]`.
    pub fn add(&mut self, rows: &[f32]) {
        let inputs = self.inputs;
        for part in rows.chunks(ROWS * inputs) {
            let part: Vec<f64> = part.iter().map(|&x| f64::from(x)).collect();
            self.sums.par_chunks_mut(inputs).enumerate().for_each(|(i, sums)| {
                for x in part.chunks_exact(inputs) {
                    let own = x[i];
                    sums[i..].iter_mut().zip(&x[i..]).for_each(|(sum, other)| *sum += own * other);
                }
            });
        }
    }

    /// Numbers of a row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
}
