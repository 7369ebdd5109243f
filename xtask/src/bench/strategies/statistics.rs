//! Medians, and what can be said about them without knowing a distribution.

/// The median and its interval of at least 95 %, by ranks: the numbers between which the median of the population lies unless a
/// fair coin falls that unevenly (David & Nagaraja, "Order statistics", §7.1). Infinite where there are too few.
pub(super) struct Median {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Of `values`, in any order.
pub(super) fn median(values: &[f64]) -> Median {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let Some(upper) = sorted.get(n / 2) else {
        return Median { value: f64::NAN, low: f64::NEG_INFINITY, high: f64::INFINITY };
    };
    let value = if n.is_multiple_of(2) { f64::midpoint(sorted[n / 2 - 1], *upper) } else { *upper };
    match rank(n) {
        Some(rank) => Median { value, low: sorted[rank], high: sorted[n - 1 - rank] },
        None => Median { value, low: f64::NEG_INFINITY, high: f64::INFINITY },
    }
}

/// How many of the smallest and of the largest of `n` numbers lie outside of the interval.
fn rank(n: usize) -> Option<usize> {
    let (mut below, mut term) = (0.0, 0.5_f64.powi(n as i32));
    let mut rank = None;
    for k in 0..n / 2 {
        below += term;
        if 2.0 * below > 0.05 {
            break;
        }
        rank = Some(k);
        term *= (n - k) as f64 / (k + 1) as f64;
    }
    rank
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_tables() {
        // For 20 the 6th and the 15th number (95.9 %), for 10 the 2nd and the 9th (97.9 %), none for 5.
        let of = |n: u32| median(&(1..=n).map(f64::from).collect::<Vec<_>>());
        assert_eq!([of(20).low, of(20).value, of(20).high], [6.0, 10.5, 15.0]);
        assert_eq!([of(10).low, of(10).high], [2.0, 9.0]);
        assert!(of(5).low.is_infinite() && of(5).value == 3.0);
        assert!(of(0).value.is_nan());
    }
}
