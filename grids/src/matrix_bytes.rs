//! Bytes of a stored matrix, on an engine's own grid, on none, or in no few bits at all.

use crate::NumberGrid;

/// This many bits, or more, mean that nothing is in few bits.
const EXACT: u32 = 16;

/// Bytes of a matrix of `outputs` rows of `inputs` channels whose weights have `bits`: codes, scales, zero points and padding.
/// `element_bytes` is the size of a weight of the model as it is stored, and of a scale where that has the type of the model: 2 or 4.
///
/// Without a grid it is MLX's affine mode: each row of codes in 32-bit words, and a scale and a minimum for each group.
pub fn matrix_bytes(
    grid: Option<NumberGrid>,
    bits: u32,
    group_size: u32,
    outputs: u32,
    inputs: u32,
    element_bytes: u32,
) -> u64 {
    let [rows, width, element] = [outputs, inputs, element_bytes].map(u64::from);
    match grid {
        _ if bits >= EXACT => rows * width * element,
        None => {
            let groups = width.div_ceil(u64::from(group_size.max(1)));
            rows * (4 * (width * u64::from(bits)).div_ceil(32) + 2 * element * groups)
        }
        Some(grid) => grid.bytes(bits, group_size, outputs, inputs, element_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_grid_scales_and_minimums_have_the_type_of_the_model() {
        // 96 codes of 3 bits are 9 words; two numbers for each of 3 groups.
        let bytes = |bits, element| matrix_bytes(None, bits, 32, 6, 96, element);
        assert_eq!([bytes(3, 2), bytes(3, 4)], [6 * (36 + 12), 6 * (36 + 24)]);
        // 100 codes of 3 bits begin a tenth word.
        assert_eq!(matrix_bytes(None, 3, 100, 1, 100, 4), 40 + 8);
        assert_eq!([bytes(16, 2), bytes(16, 4)], [6 * 96 * 2, 6 * 96 * 4]);
    }

    #[test]
    fn exact_weights_have_no_grid() {
        let grid = Some(NumberGrid::Q4K);
        assert_eq!(matrix_bytes(grid, 16, 256, 6, 512, 2), 6 * 512 * 2);
        assert_eq!(matrix_bytes(grid, 4, 256, 6, 512, 2), NumberGrid::Q4K.bytes(4, 256, 6, 512, 2));
    }
}
