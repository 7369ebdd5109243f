//! The gate of a feed-forward part: `silu(gate) ∘ up` (arXiv 2002.05202), `silu(x) = x / (1 + e⁻ˣ)`.

use burn_tensor::{Tensor, activation};

use super::{host, math};
use crate::compute::Compute;

/// `[rows, gate | up]` to `[rows, gate]`.
pub(crate) fn silu_gate(compute: &Compute, gate_up: Tensor<2>) -> Tensor<2> {
    let [rows, both] = gate_up.dims();
    let width = both / 2;
    if !compute.on_host() {
        return generic(gate_up);
    }
    let device = gate_up.device();
    let (_, gated) = host::read(gate_up, |values| {
        let mut gated = vec![0.0; rows * width];
        host::for_rows(&mut gated, width, |first, rows| {
            let source = &values[first * both..];
            host::vectorised(
                #[inline(always)]
                || {
                    for (from, to) in source.chunks_exact(both).zip(rows.chunks_exact_mut(width)) {
                        let (gate, up) = from.split_at(width);
                        for ((to, gate), up) in to.iter_mut().zip(gate).zip(up) {
                            *to = gate / (1.0 + math::exp(-gate)) * up;
                        }
                    }
                },
            );
        });
        gated
    });
    host::tensor(gated, [rows, width], &device)
}

/// The same by Burn's operations.
pub(crate) fn generic(gate_up: Tensor<2>) -> Tensor<2> {
    let width = gate_up.dims()[1] / 2;
    let gate = gate_up.clone().narrow(1, 0, width);
    activation::silu(gate) * gate_up.narrow(1, width, width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_agrees_with_the_operations() {
        let compute = Compute::cpu();
        let values: Vec<f32> = (0..5 * 46).map(|i| ((i * 7919) % 1001) as f32 / 20.0 - 25.0).collect();
        let x: Tensor<2> = compute.tensor(values, [5, 46]);
        let difference = (silu_gate(&compute, x.clone()) - generic(x)).abs().max().into_scalar::<f32>();
        assert!(difference < 1e-4, "{difference}");
    }
}
