//! Moving rows of tokens to their experts and back.

use burn_tensor::{IndexingUpdateOp, Tensor};

use super::host;
use crate::compute::Compute;

/// Tokens that were routed to one expert, with the weight of its answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Routed {
    pub(crate) rows: Vec<u32>,
    pub(crate) weights: Vec<f32>,
}

/// The chosen rows of `x: [rows, width]`.
pub(crate) fn gather(compute: &Compute, x: Tensor<2>, routed: &Routed) -> (Tensor<2>, Tensor<2>) {
    if !compute.on_host() {
        let chosen = x.clone().select(0, compute.indices(&routed.rows));
        return (x, chosen);
    }
    let width = x.dims()[1];
    let device = x.device();
    let (x, chosen) = host::read(x, |values| {
        let mut chosen = Vec::with_capacity(routed.rows.len() * width);
        for &row in &routed.rows {
            chosen.extend_from_slice(&values[row as usize * width..][..width]);
        }
        chosen
    });
    (x, host::tensor(chosen, [routed.rows.len(), width], &device))
}

/// `sum[row] += weight · answer` for every routed row.
pub(crate) fn add_weighted(
    compute: &Compute,
    sum: Tensor<2>,
    answers: Tensor<2>,
    routed: &Routed,
) -> Tensor<2> {
    let count = routed.rows.len();
    if !compute.on_host() {
        let weights: Tensor<2> = compute.tensor(routed.weights.clone(), [count, 1]);
        return sum.select_assign(0, compute.indices(&routed.rows), answers * weights, IndexingUpdateOp::Add);
    }
    let width = answers.dims()[1];
    let (_, sum) = host::read(answers, |answers| {
        host::edit(sum, |sum| {
            for ((&row, &weight), answer) in
                routed.rows.iter().zip(&routed.weights).zip(answers.chunks_exact(width))
            {
                let sum = &mut sum[row as usize * width..][..width];
                sum.iter_mut().zip(answer).for_each(|(sum, answer)| *sum += weight * answer);
            }
        })
    });
    sum
}
