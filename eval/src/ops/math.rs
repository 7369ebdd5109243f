//! Functions of one number and sums over a row, written so that the compiler vectorises them.

/// Partial sums per row: as many as the widest vectors hold, whatever this processor has, so that sums are
/// equal everywhere.
const LANES: usize = 16;

/// `eˣ` with a relative error below 2⁻²²; 0 below −87, where results leave the normal range, and NaN stays NaN.
///
/// `2ⁿ·eʳ` with `x = n·ln 2 + r`, `|r| ≤ ½ ln 2`, the polynomial of Cephes' `expf`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5·2²³ leaves the rounded sum in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x > 88.0 { 88.0 } else { x };
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts: the first has few enough digits that n times it is exact.
    let r = (clamped - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5e-1;
    let mantissa = (p * r * r + r) + 1.0;
    let scaled = f32::from_bits(mantissa.to_bits().wrapping_add(shifted.to_bits() << 23));
    if x < -87.0 { 0.0 } else { scaled }
}

/// The largest element; −∞ of nothing. NaN elements are skipped.
#[inline(always)]
pub(crate) fn max(row: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, tail) = row.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, value);
        }
    }
    lanes.into_iter().chain(tail.iter().copied()).fold(f32::NEG_INFINITY, larger)
}

/// The smallest and the largest element; ∞ and −∞ of nothing. NaN elements are skipped.
#[inline(always)]
pub(crate) fn bounds(row: &[f32]) -> (f32, f32) {
    let smaller = |a: f32, b: f32| if b < a { b } else { a };
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (chunks, tail) = row.as_chunks::<LANES>();
    let (mut low, mut high) = ([f32::INFINITY; LANES], [f32::NEG_INFINITY; LANES]);
    for chunk in chunks {
        for lane in 0..LANES {
            low[lane] = smaller(low[lane], chunk[lane]);
            high[lane] = larger(high[lane], chunk[lane]);
        }
    }
    // Halves against each other: half of a vector at a time instead of one number after the other.
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            low[lane] = smaller(low[lane], low[lane + half]);
            high[lane] = larger(high[lane], high[lane + half]);
        }
    }
    tail.iter().fold((low[0], high[0]), |(low, high), &value| (smaller(low, value), larger(high, value)))
}

/// `Σ f(aᵢ, bᵢ)` of several functions at once, in float32.
#[inline(always)]
pub(crate) fn sums<const N: usize>(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> [f32; N]) -> [f32; N] {
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [[0.0; LANES]; N];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            let terms = f(a[lane], b[lane]);
            for n in 0..N {
                lanes[n][lane] += terms[n];
            }
        }
    }
    let mut totals = lanes.map(|lanes| lanes.into_iter().sum());
    for (&a, &b) in a_tail.iter().zip(b_tail) {
        for (total, term) in totals.iter_mut().zip(f(a, b)) {
            *total += term;
        }
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_accurate_and_keeps_nan() {
        for step in -870..=880 {
            let x = step as f32 / 10.0 + 0.003;
            let exact = f64::from(x.min(88.0)).exp();
            let found = f64::from(exp(x));
            let error = ((found - exact) / exact).abs();
            assert!(error < 2.4e-7 || x < -87.0, "exp({x}) = {found}, expected {exact}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(-100.0), 0.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
    }

    #[test]
    fn sums_and_maxima_cover_the_tail() {
        let row: Vec<f32> = (0..37).map(|value| value as f32).collect();
        assert_eq!(sums(&row, &row, |a, b| [a, b - a, 1.0]), [666.0, 0.0, 37.0]);
        assert_eq!(max(&row), 36.0);
        assert_eq!(max(&[]), f32::NEG_INFINITY);
        assert_eq!((bounds(&row), bounds(&row[3..9])), ((0.0, 36.0), (3.0, 8.0)));
    }
}
