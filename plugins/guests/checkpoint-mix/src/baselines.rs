//! Mixtures that need no search.

use attune_guest::{Baseline, Value};

use crate::mixture::Mixture;

/// Rates of the moving averages, per saved checkpoint.
const RATES: [f64; 5] = [0.3, 0.5, 0.7, 0.8, 0.9];

pub(crate) fn all(mixture: &Mixture) -> Vec<Baseline> {
    let count = mixture.checkpoints;
    let named = |name: &str, help: &str, cell: Value| {
        Baseline::new(name, help, vec![vec![cell; mixture.groups as usize]])
    };
    let mean = Value::Reals(vec![1.0 / f64::from(count); count as usize]);
    let mut baselines = vec![
        named("default", "the mean of all saved checkpoints", mean.clone()),
        named("mean", "the mean of all saved checkpoints (as SWA, arXiv 1803.05407)", mean),
        named("last", "the last checkpoint: the model as training left it", mixture.only(count - 1)),
    ];
    for rate in RATES {
        let help = format!(
            "moving average over the saved checkpoints that keeps {rate} of itself at each; not the average over all \
             training steps"
        );
        baselines.push(named(&format!("ema-{rate}"), &help, moving_average(count, rate)));
    }
    for checkpoint in 0..count - 1 {
        let help = format!("saved checkpoint {checkpoint} alone, counted from 0");
        baselines.push(named(&format!("checkpoint-{checkpoint}"), &help, mixture.only(checkpoint)));
    }
    baselines
}

/// Coefficients of `a ← rate·a + (1 − rate)·θᵢ` over the checkpoints, started at the first one.
fn moving_average(count: u32, rate: f64) -> Value {
    let coefficient = |at: u32| {
        let kept = rate.powi((count - 1 - at) as i32);
        if at == 0 { kept } else { (1.0 - rate) * kept }
    };
    Value::Reals((0..count).map(coefficient).collect())
}
