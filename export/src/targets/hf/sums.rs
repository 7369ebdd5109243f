//! Weighted sums of stored tensors.

use safetensors::tensor::Dtype;

use crate::checkpoint::{float, has_floats, push};

/// `Σ number·tensor` for tensors of `elements` elements: summed in float32 in the order of the terms, rounded to `dtype` (to
/// nearest, ties to even). `None` for types without sums. Without terms zeros.
pub(super) fn weighted_sum(dtype: Dtype, terms: &[(f32, Dtype, &[u8])], elements: usize) -> Option<Vec<u8>> {
    if !has_floats(dtype) {
        return None;
    }
    let mut sum = vec![0.0_f32; elements];
    for (place, (number, of, tensor)) in terms.iter().enumerate() {
        for (sum, element) in sum.iter_mut().zip(tensor.chunks_exact(of.bitsize() / 8)) {
            let product = number * float(*of, element)?;
            *sum = if place == 0 { product } else { *sum + product };
        }
    }
    let mut stored = Vec::with_capacity(elements * dtype.bitsize() / 8);
    sum.into_iter().for_each(|value| push(&mut stored, dtype, value));
    Some(stored)
}

#[cfg(test)]
mod tests {
    use half::{bf16, f16};

    use super::*;

    #[test]
    fn sums_are_rounded_once_at_the_end() {
        // 1 + 2⁻⁹ + 2⁻⁹ is 1 in bfloat16 when every partial sum is rounded, and 1 + 2⁻⁷·½ is a tie to even.
        let [one, small] = [1.0, 0.75 * 2.0_f32.powi(-8)].map(|number| bf16::from_f32(number).to_le_bytes());
        let (one, small) = (&one[..], &small[..]);
        let sum =
            weighted_sum(Dtype::BF16, &[one, small, small].map(|part| (1.0, Dtype::BF16, part)), 1).unwrap();
        assert_eq!(bf16::from_le_bytes([sum[0], sum[1]]).to_f32(), 1.0 + 2.0_f32.powi(-7));
        let half = f16::from_f32(-3.0).to_le_bytes();
        let sum = weighted_sum(Dtype::F16, &[(0.5, Dtype::F16, &half)], 1).unwrap();
        assert_eq!(f16::from_le_bytes([sum[0], sum[1]]).to_f32(), -1.5);
        assert_eq!(weighted_sum(Dtype::F32, &[], 2), Some(vec![0; 8]));
        assert_eq!(weighted_sum(Dtype::F8_E4M3, &[(1.0, Dtype::F8_E4M3, &[1])], 1), None);
        // Of different types nothing is lost in float32.
        let mixed = [(1.0, Dtype::BF16, one), (2.0, Dtype::F16, &half)];
        assert_eq!(weighted_sum(Dtype::F32, &mixed, 1), Some((-5.0_f32).to_le_bytes().to_vec()));
    }
}
