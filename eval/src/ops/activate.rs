//! The function between the matrices of a feed-forward part, gated or not.

use attune_families::schema::Activation;
use burn_tensor::{Tensor, activation};

use super::host;
use super::swiglu::{self, silu_gate};
use crate::compute::Compute;

/// GPT-OSS cuts gates off above it, and what they let through on both sides.
const LIMIT: f32 = 7.0;
/// The factor within GPT-OSS's sigmoid.
const ALPHA: f32 = 1.702;

/// `[rows, gate | up]` to `[rows, inner]` where there is a gate, `[rows, inner]` to itself where there is none.
pub(crate) fn activate(compute: &Compute, kind: Activation, gated: bool, x: Tensor<2>) -> Tensor<2> {
    if gated && kind == Activation::Silu {
        return silu_gate(compute, x);
    }
    if !compute.on_host() {
        return generic(kind, gated, x);
    }
    let [rows, both] = x.dims();
    let width = if gated { both / 2 } else { both };
    let device = x.device();
    let (_, result) = host::read(x, |values| {
        let mut result = vec![0.0; rows * width];
        host::for_rows(&mut result, width, |first, rows| {
            let source = &values[first * both..];
            for (from, to) in source.chunks_exact(both).zip(rows.chunks_exact_mut(width)) {
                let (gate, up) = from.split_at(width);
                match gated {
                    false => to.iter_mut().zip(gate).for_each(|(to, x)| *to = one(kind, *x)),
                    true => {
                        for ((to, gate), up) in to.iter_mut().zip(gate).zip(up) {
                            *to = two(kind, *gate, *up);
                        }
                    }
                }
            }
        });
        result
    });
    host::tensor(result, [rows, width], &device)
}

/// One number of a part without a gate, or the gate's.
fn one(kind: Activation, x: f32) -> f32 {
    match kind {
        Activation::Gelu => 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)),
        Activation::GeluTanh => {
            let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
            0.5 * x * (1.0 + inner.tanh())
        }
        Activation::Relu2 => x.max(0.0) * x.max(0.0),
        _ => x / (1.0 + (-x).exp()),
    }
}

fn two(kind: Activation, gate: f32, up: f32) -> f32 {
    match kind {
        Activation::ClampedSwiglu => {
            let (gate, up) = (gate.min(LIMIT), up.clamp(-LIMIT, LIMIT));
            (up + 1.0) * gate / (1.0 + (-ALPHA * gate).exp())
        }
        kind => one(kind, gate) * up,
    }
}

/// The error function, rounded from float64.
fn erf(x: f32) -> f32 {
    libm::erf(f64::from(x)) as f32
}

/// The same by Burn's operations.
pub(crate) fn generic(kind: Activation, gated: bool, x: Tensor<2>) -> Tensor<2> {
    if gated && kind == Activation::Silu {
        return swiglu::generic(x);
    }
    let of = |x: Tensor<2>| match kind {
        Activation::Gelu => activation::gelu(x),
        Activation::GeluTanh => {
            let cube = x.clone() * x.clone() * x.clone() * 0.044_715;
            let inner = (x.clone() + cube) * (2.0 / std::f64::consts::PI).sqrt();
            x * (inner.tanh() + 1.0) * 0.5
        }
        Activation::Relu2 => activation::relu(x).square(),
        _ => activation::silu(x),
    };
    if !gated {
        return of(x);
    }
    let width = x.dims()[1] / 2;
    let (gate, up) = (x.clone().narrow(1, 0, width), x.narrow(1, width, width));
    match kind {
        Activation::ClampedSwiglu => {
            let gate = gate.clamp_max(LIMIT);
            let sigmoid = activation::sigmoid(gate.clone() * ALPHA);
            (up.clamp(-LIMIT, LIMIT) + 1.0) * gate * sigmoid
        }
        _ => of(gate) * up,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loops_agree_with_the_operations() {
        let compute = Compute::cpu();
        let values: Vec<f32> = (0..5 * 46).map(|i| ((i * 7919) % 1001) as f32 / 50.0 - 10.0).collect();
        let x: Tensor<2> = compute.tensor(values, [5, 46]);
        let kinds = [Activation::Silu, Activation::Gelu, Activation::GeluTanh, Activation::Relu2];
        for (kind, gated) in kinds
            .into_iter()
            .flat_map(|kind| [(kind, true), (kind, false)])
            .chain([(Activation::ClampedSwiglu, true)])
        {
            let fast = activate(&compute, kind, gated, x.clone());
            let apart = (fast - generic(kind, gated, x.clone())).abs().max().into_scalar::<f32>();
            assert!(apart < 1e-4, "{kind:?} {gated}: {apart}");
        }
    }

    #[test]
    fn the_error_function_has_its_tabled_values() {
        // Abramowitz & Stegun, table 7.1.
        for (x, expected) in [(0.0, 0.0), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (2.0, 0.995_322_3)] {
            assert!((erf(x) - expected).abs() < 1e-7, "{x}");
            assert_eq!(erf(-x), -erf(x));
        }
        assert!((1.0 - erf(2.6) - 2.36e-4).abs() < 1e-6 && erf(6.0) == 1.0);
    }
}
