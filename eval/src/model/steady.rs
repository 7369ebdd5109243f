//! Products of which a row's result does not depend on how many rows share them.
//!
//! On a CPU, the kernel that a product runs (`gemm` 0.19, below Burn's `flex`) follows from its size, and each adds up in another
//! order: one row alone; few numbers in all where the matrix lies along the sum; few rows and columns with a long sum. What such
//! a row is beside decides nothing else, so rows that are too few for the usual kernel are filled up.

use burn_tensor::Tensor;

/// Numbers of a product up to which a matrix that lies along the sum is multiplied by dot products.
const DOTS: usize = 256;
/// Rows and columns up to which a product is small, which is summed up in parts of [`PART`].
const SMALL: usize = 64;
const PART: usize = 512;

/// How a matrix lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lies {
    /// Neighbours have the same input.
    Across,
    /// Neighbours have the same output.
    Along,
}

/// `product` of `x: [rows, inputs]` and a matrix with so many outputs, by the kernel of products with many rows.
pub(super) fn by_rows(
    x: Tensor<2>,
    outputs: usize,
    lies: Lies,
    product: impl FnOnce(Tensor<2>) -> Tensor<2>,
) -> Tensor<2> {
    let [rows, inputs] = x.dims();
    let least = least_rows(inputs, outputs, lies);
    if rows == 0 || rows >= least {
        return product(x);
    }
    let last = x.clone().narrow(0, rows - 1, 1).repeat_dim(0, least - rows);
    product(Tensor::cat(vec![x, last], 0)).narrow(0, 0, rows)
}

/// Rows that the usual kernel takes at least.
fn least_rows(inputs: usize, outputs: usize, lies: Lies) -> usize {
    let dots = if lies == Lies::Along || outputs == 1 { DOTS / outputs.max(1) + 1 } else { 0 };
    let small = if outputs <= SMALL && inputs > PART { SMALL + 1 } else { 0 };
    dots.max(small).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::Compute;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|place| ((place * 7919 + seed * 104_729) % 2003) as f32 / 1000.0 - 1.0).collect()
    }

    fn bits(tensor: Tensor<2>) -> Vec<u32> {
        tensor.into_data().iter::<f32>().map(f32::to_bits).collect()
    }

    #[test]
    fn a_row_is_the_same_in_every_company() {
        let compute = Compute::cpu();
        for (inputs, outputs) in [(2048, 8), (2048, 64), (2048, 1), (64, 1), (700, 50), (32, 50), (96, 130)] {
            for lies in [Lies::Across, Lies::Along] {
                let values = numbers(inputs * outputs, 1);
                let matrix: Tensor<2> = match lies {
                    Lies::Across => compute.tensor(values, [inputs, outputs]),
                    Lies::Along => compute.tensor::<2>(values, [outputs, inputs]).transpose(),
                };
                let many: Tensor<2> = compute.tensor(numbers(600 * inputs, 2), [600, inputs]);
                let all = bits(many.clone().matmul(matrix.clone()));
                for rows in [1, 2, 3, 5, 20, 64, 65, 200, 300] {
                    let some = many.clone().narrow(0, 0, rows);
                    let found = by_rows(some, outputs, lies, |x| x.matmul(matrix.clone()));
                    assert_eq!(found.dims(), [rows, outputs]);
                    assert!(bits(found) == all[..rows * outputs], "{rows} · {inputs} · {outputs}, {lies:?}");
                }
            }
        }
    }
}
