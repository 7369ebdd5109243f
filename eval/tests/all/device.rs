//! Device names, and the same evaluation on a GPU where there is one.

use attune_eval::compute::{Compute, Precision};

fn message(name: &str) -> String {
    Compute::open(name, Precision::F32).unwrap_err().to_string()
}

#[test]
fn names_are_checked() {
    for name in ["cpu", "flex"] {
        assert_eq!(Compute::open(name, Precision::F32).unwrap().name(), "cpu");
    }
    assert!(message("gpu").contains("unknown device `gpu`"));
    assert!(message("cpu:1").contains("expected a number after `:`"));
    assert!(message("vulkan:first").contains("expected a number after `:`"));
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_backend_that_is_not_compiled_in_names_its_feature() {
    assert!(message("cuda:0").contains("build with `--features cuda`"));
}

#[cfg(any(feature = "wgpu", feature = "vulkan"))]
#[test]
fn a_gpu_agrees_with_the_cpu() {
    use attune_core::evaluator::Split;

    use crate::contract::{Fixture, all, some_plans};

    /// Relative, on scores of order 1: other orders of summation, and a hardware exponential.
    const TOLERANCE: f64 = 1e-4;

    let name = if cfg!(feature = "wgpu") { "wgpu" } else { "vulkan" };
    if let Err(reason) = Compute::open(name, Precision::F32) {
        println!("skipped: no Vulkan device ({reason})");
        return;
    }
    let fixture = Fixture::new();
    let gpu = fixture.open_with(name, 1 << 30);
    let plans = some_plans();
    let found = all(&gpu, &plans, Split::Report, 6);
    let expected = all(&fixture.open(), &plans, Split::Report, 6);
    for (found, expected) in found.iter().zip(&expected) {
        for (metric, expected) in &expected.scores.metrics {
            for (found, expected) in found.scores.metrics[metric].items.iter().zip(&expected.items) {
                let apart = (found - expected).abs();
                assert!(apart <= TOLERANCE * expected.abs().max(1.0), "{metric}: {found} and {expected}");
            }
        }
    }
}
