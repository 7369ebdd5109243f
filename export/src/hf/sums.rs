//! Weighted sums of stored tensors.

use safetensors::tensor::Dtype;

use crate::checkpoint::{float, has_floats, push};

/// `Σ number·tensor` for tensors of equal length: summed in float32 in the order of the terms, rounded to `dtype` (to
/// nearest, ties to even). `None` for a type without sums. Without terms `bytes` bytes of zeros.
pub(super) fn weighted_sum(dtype: Dtype, terms: &[(f32, &[u8])], bytes: usize) -> Option<Vec<u8>> {
    if !has_floats(dtype) {
        return None;
    }
    let width = dtype.bitsize() / 8;
    let mut sum = vec![0.0_f32; bytes / width];
    for (place, (number, tensor)) in terms.iter().enumerate() {
        for (sum, element) in sum.iter_mut().zip(tensor.chunks_exact(width)) {
            let product = number * float(dtype, element)?;
            *sum = if place == 0 { product } else { *sum + product };
        }
    }
    let mut stored = Vec::with_capacity(bytes);
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
        let one = bf16::from_f32(1.0).to_le_bytes();
        let small = bf16::from_f32(0.75 * 2.0_f32.powi(-8)).to_le_bytes();
        let sum = weighted_sum(Dtype::BF16, &[(1.0, &one), (1.0, &small), (1.0, &small)], 2).unwrap();
        assert_eq!(bf16::from_le_bytes([sum[0], sum[1]]).to_f32(), 1.0 + 2.0_f32.powi(-7));
        let half = f16::from_f32(-3.0).to_le_bytes();
        let sum = weighted_sum(Dtype::F16, &[(0.5, &half)], 2).unwrap();
        assert_eq!(f16::from_le_bytes([sum[0], sum[1]]).to_f32(), -1.5);
        assert_eq!(weighted_sum(Dtype::F32, &[], 8), Some(vec![0; 8]));
        assert_eq!(weighted_sum(Dtype::F8_E4M3, &[(1.0, &[1])], 1), None);
    }
}
