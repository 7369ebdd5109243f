//! The number of points without constraints.

use super::super::{Domain, Space};

impl Space {
    /// All points, as far as 128 bits reach; `None` beyond, or with a continuous domain.
    pub(super) fn product(&self) -> Option<u128> {
        self.dimensions.iter().try_fold(1_u128, |product, dimension| {
            let values = values(&dimension.domain)?;
            if values == 1 {
                return Some(product);
            }
            product.checked_mul(values.checked_pow(u32::try_from(dimension.cells()).ok()?)?)
        })
    }

    /// log₁₀ of the number of all points; `None` with a continuous domain.
    pub(super) fn log10_product(&self) -> Option<f64> {
        self.dimensions.iter().try_fold(0.0, |sum, dimension| {
            Some(sum + log10_values(&dimension.domain)? * dimension.cells() as f64)
        })
    }
}

/// log₁₀ of the number of values of one cell; `None` with a continuous domain.
pub(super) fn log10_values(domain: &Domain) -> Option<f64> {
    match domain {
        Domain::Subset { of, min, max } => {
            let sizes = log_binomials(*of);
            Some(log_sum(sizes[*min as usize..=*max as usize].iter().copied()) / std::f64::consts::LN_10)
        }
        Domain::Permutation { of } => Some((1..=*of).map(|factor| f64::from(factor).log10()).sum()),
        domain => values(domain).map(|values| (values as f64).log10()),
    }
}

/// The number of values of one cell; `None` when it does not fit or the domain is continuous.
pub(in super::super) fn values(domain: &Domain) -> Option<u128> {
    match domain {
        Domain::Choice { .. } | Domain::Level { .. } => Some(u128::from(domain.options()?)),
        Domain::Int { min, max } => Some(u128::from(max.abs_diff(*min)) + 1),
        Domain::Subset { of, min, max } => {
            // Sums of more binomials than bits do not fit unless they are all small.
            let sizes = *min..=*max;
            sizes.into_iter().try_fold(0_u128, |sum, size| sum.checked_add(binomial(*of, size)?))
        }
        Domain::Permutation { of } => (1..=u128::from(*of)).try_fold(1, u128::checked_mul),
        Domain::Real { .. } | Domain::Affine { .. } | Domain::Matrix { .. } => None,
    }
}

fn binomial(n: u32, k: u32) -> Option<u128> {
    (0..u128::from(k.min(n - k)))
        .try_fold(1_u128, |product, i| Some(product.checked_mul(u128::from(n) - i)? / (i + 1)))
}

/// Natural logarithms of all binomial coefficients of `n`.
pub(super) fn log_binomials(n: u32) -> Vec<f64> {
    let mut logs = Vec::with_capacity(n as usize + 1);
    let mut log = 0.0_f64;
    logs.push(log);
    for k in 1..=n {
        log += (f64::from(n - k + 1) / f64::from(k)).ln();
        logs.push(log);
    }
    logs
}

/// `ln Σ exp(x)`.
pub(super) fn log_sum(logs: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = logs.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + logs.map(|log| (log - largest).exp()).sum::<f64>().ln()
}
