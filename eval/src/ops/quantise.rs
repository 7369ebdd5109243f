//! What a low-bit cache gives back: asymmetric round-to-nearest over groups of channels.
//!
//! `s = (max − min)/(2ᵇ − 1)`, `q = round((x − min)/s)`, `x' = q·s + min`, halves rounded to even; a group of
//! equal values comes back exactly. This is the per-token grid of KIVI (arXiv 2402.02750, §3.1).

use burn_tensor::Tensor;

use super::host;
use crate::compute::Compute;

/// Quantises and dequantises `x: [heads, tokens, head_dim]` per head and token over groups of `group` channels
/// with `bits` of 1 to 8.
pub(crate) fn quantise(compute: &Compute, x: Tensor<3>, bits: u32, group: usize) -> Tensor<3> {
    let codes = ((1_u32 << bits) - 1) as f32;
    if !compute.on_host() {
        return generic(x, codes, group);
    }
    host::edit(x, |values| {
        host::for_rows(values, group, |_, groups| {
            host::vectorised(
                #[inline(always)]
                || {
                    for group in groups.chunks_exact_mut(group) {
                        quantise_group(group, codes);
                    }
                },
            );
        });
    })
}

#[inline(always)]
fn quantise_group(group: &mut [f32], codes: f32) {
    // Adding and subtracting 1.5·2²³ rounds to the nearest whole number, halves to even.
    const ROUND: f32 = 12_582_912.0;
    let (low, high) = group.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| {
        (if value < low { value } else { low }, if value > high { value } else { high })
    });
    let scale = (high - low) / codes;
    if scale == 0.0 {
        return;
    }
    for value in group {
        let code = ((*value - low) / scale + ROUND) - ROUND;
        let code = if code > codes { codes } else { code };
        *value = code * scale + low;
    }
}

fn generic(x: Tensor<3>, codes: f32, group: usize) -> Tensor<3> {
    let shape = x.dims();
    let groups = x.reshape([shape[0] * shape[1], shape[2] / group, group]);
    let low = groups.clone().min_dim(2);
    let scale = (groups.clone().max_dim(2) - low.clone()) / codes;
    let constant = scale.clone().equal_elem(0.0);
    let step = scale.mask_fill(constant.clone(), 1.0);
    let quantised = ((groups.clone() - low.clone()) / step.clone()).round().clamp(0.0, codes) * step + low;
    let full = groups.dims();
    quantised.mask_where(constant.expand(full), groups).reshape(shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantised(values: &[f32], bits: u32) -> Vec<f32> {
        let compute = Compute::cpu();
        let x: Tensor<3> = compute.tensor(values.to_vec(), [1, 1, values.len()]);
        let fast = quantise(&compute, x.clone(), bits, values.len());
        let slow = generic(x, ((1_u32 << bits) - 1) as f32, values.len());
        assert_eq!(fast.clone().into_data(), slow.into_data());
        fast.into_data().iter().collect()
    }

    #[test]
    fn ties_go_to_even_and_constant_groups_are_exact() {
        assert_eq!(quantised(&[0.0, 3.0, 0.5, 1.5, 2.5, 1.0], 2), [0.0, 3.0, 0.0, 2.0, 2.0, 1.0]);
        assert_eq!(quantised(&[0.75; 4], 1), [0.75; 4]);
        assert_eq!(quantised(&[-1.0, 1.0, 0.2, -0.2], 1), [-1.0, 1.0, 1.0, -1.0]);
    }

    #[test]
    fn the_recorded_quantiser_agrees() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/kv-quantiser.safetensors");
        let bytes = std::fs::read(file).unwrap();
        let recorded = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let floats = |name: &str| -> Vec<f32> {
            let bytes = recorded.tensor(name).unwrap().data().chunks_exact(4);
            bytes.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        let compute = Compute::cpu();
        for bits in [2, 3, 4, 8] {
            for group in [8, 16, 32] {
                let input: Tensor<3> = compute.tensor(floats("input"), [1, 6, 32]);
                let found: Vec<f32> = quantise(&compute, input, bits, group).into_data().iter().collect();
                let expected = floats(&format!("bits{bits}.group{group}"));
                let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart <= 1e-6, "{bits} bits in groups of {group}: {apart}");
            }
        }
    }
}
