//! The model's gradient, and runs that are the same whenever they are.

use attune_checkpoint_codec::model::{Layout, loss, loss_and_gradient};
use attune_checkpoint_codec::{Run, RunOptions};

/// torch 2.15.0, float64: the same model on the same weights and two sequences of seven bytes.
#[test]
fn losses_and_gradients_are_those_of_torch() {
    let layout = Layout { width: 8, heads: 2, layers: 2, context: 6 };
    let parameters: Vec<f32> = (0..layout.parameters())
        .map(|place| (((place * 7919 % 1009) as f64 / 1009.0 - 0.5) * 0.6) as f32)
        .collect();
    let first: Vec<u8> = (0..7).map(|place| ((place * 37 + 11) % 128) as u8).collect();
    let second: Vec<u8> = (0..7).map(|place| ((place * place * 5 + 3) % 128) as u8).collect();
    let sequences = [first.as_slice(), &second];
    let (found, gradient) = loss_and_gradient(&layout, &parameters, &sequences);
    assert!((found - 4.846024714157768).abs() < 1e-5, "{found}");
    assert!((loss(&layout, &parameters, &sequences) - found).abs() < 1e-9);
    let norm = gradient.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    assert!((norm - 0.2140646129037352).abs() < 1e-5, "{norm}");
    let golden = [
        (91, 0.001878279666816348),
        (385, -0.004273934988731586),
        (1029, 0.00809446085363991),
        (1074, 0.0011950488543390095),
        (1087, 2.0664780217374568e-6),
        (1153, -6.192094658086922e-7),
        (1228, 0.0017871965791793009),
        (1305, -1.7441987444323206e-5),
        (1340, -0.0022109703160206663),
        (1444, 0.0002295115559074488),
        (1677, 0.0037156891802968455),
        (1859, -0.004133589366906538),
        (2645, -0.010250336859010336),
    ];
    for (place, expected) in golden {
        let found = f64::from(gradient[place]);
        assert!(
            (found - expected).abs() < 1e-7 + 1e-4 * expected.abs(),
            "parameter {place}: {found} is not {expected}"
        );
    }
}

#[test]
fn a_run_learns_and_is_the_same_again() {
    let options = RunOptions { steps: 60, gap: 12, ..RunOptions::default() };
    let run = Run::train(options);
    assert_eq!(run.states().len(), 5);
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    assert!(mean(&run.losses()[50..]) < mean(&run.losses()[..10]) - 0.5, "{:?}", run.losses());
    assert_eq!(Run::train(options).states(), run.states());
    assert_ne!(Run::train(RunOptions { seed: 1, ..options }).states()[0].master, run.states()[0].master);
}

#[test]
fn a_run_that_resumes_exactly_is_the_run() {
    let run = Run::train(RunOptions { steps: 24, gap: 8, horizon: 8, ..RunOptions::default() });
    let mut state = run.states()[0].clone();
    for _ in 0..8 {
        run.advance(&mut state);
    }
    assert_eq!(state, run.states()[1]);
    assert_eq!(run.resume(run.states()[0].clone()), run.judge(&run.states()[1]));
}
