//! The evolution engine against expected running times that are known exactly.
//!
//! With one parent, one child and standard bit mutation it is the (1+1)-EA, except that it never
//! evaluates a config twice. Counting *draws* instead of evaluations makes up for that, and the distribution
//! of the count is exactly that of the (1+1)-EA's iterations:
//!
//! * A draw that improves on the parent is never a repetition: everything seen is at most as good as
//!   the parent. So it is accepted in both algorithms.
//! * A draw that is worse is rejected in both.
//! * A draw as good as the parent becomes the parent in the (1+1)-EA, and here only if it is new. On OneMax the
//!   chance of an improvement depends on the number of ones alone, so it makes no difference which of them
//!   is the parent. On LeadingOnes, with the first i bits set, the fitness of nothing seen so far depends
//!   on the bits after i + 1; they stay uniformly distributed and independent of the history whether
//!   such a move is made or not, and they decide how far an improvement leaps.
//!
//! Exact values: for LeadingOnes n²/2·((1 − 1/n)^(1−n) − (1 − 1/n)) (Böttcher, Doerr & Neumann 2010); for
//! OneMax from the Markov chain over the number of ones, solved below.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::operators::VariationError;
use attune_core::rng::Rng;
use attune_core::space::RepairWork;
use rand::RngExt as _;

const RUNS: u64 = 400;

/// Flips every bit with probability 1/n and counts how often it was asked to.
#[derive(Default)]
struct BitFlips {
    draws: AtomicU64,
}

impl Variation for BitFlips {
    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        _spent: &mut RepairWork,
    ) -> Result<Config, VariationError> {
        self.draws.fetch_add(1, Ordering::Relaxed);
        let [parent] = parents else { return Err(VariationError::NoParents) };
        let bits = bits(parent);
        let rate = 1.0 / bits.len() as f64;
        let child = bits.into_iter().map(|bit| Value::Index(u32::from(bit != random.random_bool(rate))));
        Ok(Config::new(vec![child.collect()]))
    }
}

fn bits(config: &Config) -> Vec<bool> {
    config.dimensions()[0].iter().map(|value| *value == Value::Index(1)).collect()
}

fn ones(bits: &[bool]) -> usize {
    bits.iter().filter(|bit| **bit).count()
}

fn leading_ones(bits: &[bool]) -> usize {
    bits.iter().take_while(|bit| **bit).count()
}

/// Mean and standard error of the draws until the optimum.
fn draws_to_optimum(n: u32, fitness: fn(&[bool]) -> usize) -> (f64, f64) {
    let options = ["0", "1"].map(str::to_owned).to_vec();
    let dimension = spaces::dimension("bits", &[("bit", n)], Domain::Choice { options });
    let space = Arc::new(Space::new(vec![dimension], vec![]).unwrap());
    let one = || OptionValue::Int(1);
    let choice = choice(
        "evolution",
        &[
            ("initial", one()),
            ("generation", one()),
            ("population", one()),
            ("tournament", one()),
            ("crossover", OptionValue::Real(0.0)),
            ("screen", one()),
            // Enough to never fall back to a random config.
            ("redraws", OptionValue::Int(1 << 30)),
        ],
    );
    let draws: Vec<f64> = (0..RUNS)
        .map(|seed| {
            let flips = Arc::new(BitFlips::default());
            let context = SearchContext {
                operators: Some(flips.clone()),
                ..context(&space, 1000 * u64::from(n) + seed)
            };
            let mut strategy = build(&choice, context).unwrap();
            loop {
                let [proposal] = &strategy.ask(1)[..] else { panic!("one proposal at a time") };
                let value = fitness(&bits(&proposal.config));
                if value == n as usize {
                    return flips.draws.load(Ordering::Relaxed) as f64;
                }
                let losses = Some(vec![-(value as f64)]);
                strategy.tell(&[Observation { index: proposal.index, losses, estimate: None, fresh: None }]);
            }
        })
        .collect();
    let mean = draws.iter().sum::<f64>() / draws.len() as f64;
    let variance = draws.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / (draws.len() - 1) as f64;
    (mean, (variance / draws.len() as f64).sqrt())
}

fn assert_agrees(n: u32, fitness: fn(&[bool]) -> usize, exact: f64) {
    let (mean, error) = draws_to_optimum(n, fitness);
    assert!((mean - exact).abs() < 4.0 * error, "n = {n}: {mean} ± {error}, exactly {exact}");
    // The comparison means something only while the error is small.
    assert!(error < 0.05 * exact, "n = {n}: standard error {error} of {exact}");
}

fn binomial(n: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product()
}

/// Expected iterations of the (1+1)-EA on OneMax: `E_k = (1 + Σ_{j>k} p_kj E_j) / Σ_{j>k} p_kj` from the top,
/// averaged over a uniform start.
fn one_max_exactly(n: u32) -> f64 {
    let rate = 1.0 / f64::from(n);
    let mut expected = vec![0.0; n as usize + 1];
    for k in (0..n).rev() {
        let (mut leave, mut later) = (0.0, 0.0);
        for j in k + 1..=n {
            // `up` zeros and `down` ones flip.
            let p: f64 = (j - k..=n - k)
                .filter(|up| up - (j - k) <= k)
                .map(|up| {
                    let flips = up + (up - (j - k));
                    binomial(n - k, up)
                        * binomial(k, up - (j - k))
                        * rate.powi(flips as i32)
                        * (1.0 - rate).powi((n - flips) as i32)
                })
                .sum();
            leave += p;
            later += p * expected[j as usize];
        }
        expected[k as usize] = (1.0 + later) / leave;
    }
    (0..=n).map(|k| binomial(n, k) * expected[k as usize]).sum::<f64>() / 2_f64.powi(n as i32)
}

fn leading_ones_exactly(n: u32) -> f64 {
    let n = f64::from(n);
    n * n / 2.0 * ((1.0 - 1.0 / n).powf(1.0 - n) - (1.0 - 1.0 / n))
}

#[test]
fn the_exact_values_are_those_of_the_literature() {
    let close = |value: f64, known: f64| assert!((value - known).abs() < 6e-4, "{value}, known {known}");
    close(one_max_exactly(10), 47.987);
    close(one_max_exactly(20), 130.065);
    close(leading_ones_exactly(10), 84.059);
    close(leading_ones_exactly(20), 340.007);
}

#[test]
fn one_max_takes_as_long_as_theory_says() {
    assert_agrees(10, ones, one_max_exactly(10));
    assert_agrees(20, ones, one_max_exactly(20));
}

#[test]
fn leading_ones_takes_as_long_as_theory_says() {
    assert_agrees(10, leading_ones, leading_ones_exactly(10));
    assert_agrees(20, leading_ones, leading_ones_exactly(20));
}
