//! Speeds of the pure solvers: `cargo bench -p attune-search`. Prints the best of several runs.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

use std::hint::black_box;
use std::time::Instant;

use attune_core::rng::derive;
use attune_search::knapsack::{Choice, Goal, Group, Problem, Rule, solve};
use attune_search::pareto::{Points, hypervolume, ranks};
use rand::RngExt as _;

fn main() {
    for dimension in [2, 3] {
        let values = uniform(20_000 * dimension);
        let rank = || black_box(ranks(Points::new(&values, dimension)));
        println!("rank 20,000 points in {dimension}-D: {:.2} ms", best(20, rank));
    }
    let front = linear_front(2_000);
    let volume = || black_box(hypervolume(Points::new(&front, 3), &[1.0; 3]));
    println!("hypervolume of 2,000 points in 3-D: {:.3} ms", best(50, volume));
    let modules = modules(800);
    let gap = solve(&modules, &Goal::default()).map_or(f64::NAN, |found| found.gap());
    let milliseconds = best(5, || black_box(solve(&modules, &Goal::default())));
    println!("800 modules × 3 levels: {milliseconds:.1} ms, gap {:.4} %", 100.0 * gap);
    for (layers, heads, name, gap) in
        [(32, 32, "0.5 %", 0.005), (32, 32, "0.1 %", 0.001), (32, 32, "0", 0.0), (30, 3, "0", 0.0)]
    {
        let spans = spans(layers, heads);
        let goal = Goal { gap, ..Goal::default() };
        let start = Instant::now();
        let reached = solve(&spans, &goal).map_or(f64::NAN, |found| found.gap());
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{layers} layers of {heads} heads × 48 rules, 4 budgets, 2 rules a layer, goal {name}: {seconds:.2} s, gap {:.4} %",
            100.0 * reached
        );
    }
}

fn best<T>(runs: usize, mut run: impl FnMut() -> T) -> f64 {
    let time = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..runs).map(time).fold(f64::INFINITY, f64::min)
}

fn uniform(count: usize) -> Vec<f64> {
    let mut random = derive(1, "bench", &[]);
    (0..count).map(|_| random.random()).collect()
}

/// Points with coordinates that sum to 1.
fn linear_front(count: usize) -> Vec<f64> {
    let share = |two: &[f64]| {
        let (low, high) = (two[0].min(two[1]), two[0].max(two[1]));
        [low, high - low, 1.0 - high]
    };
    uniform(2 * count).chunks(2).flat_map(share).collect()
}

fn modules(count: usize) -> Problem {
    let mut random = derive(2, "bench", &[]);
    let slots = (0..count).map(|_| {
        let (size, sensitivity) = (random.random_range(1.0..8.0), random.random_range(1.0..50.0));
        let level =
            |bits: f64| Choice { damage: sensitivity * 4_f64.powf(8.0 - bits), costs: vec![size * bits] };
        [2.0, 4.0, 8.0].map(level).to_vec()
    });
    let slots: Vec<Vec<Choice>> = slots.collect();
    let limit = slots.iter().map(|levels| levels[1].costs[0]).sum();
    Problem { slots, limits: vec![limit], groups: vec![] }
}

/// 32 layers of 32 heads are the sizes of MoA (arXiv 2406.14909), 30 of 3 those of SmolLM2's KV heads.
fn spans(layers: usize, heads: usize) -> Problem {
    let mut random = derive(3, "bench", &[]);
    let lengths = [2048.0, 4096.0, 8192.0, 16384.0];
    let rules: Vec<(f64, f64)> = (0..6)
        .flat_map(|alpha| (1..9).map(move |beta| (f64::from(alpha) * 409.6, f64::from(beta) / 8.0)))
        .collect();
    let density = |rule: (f64, f64), length: f64| (rule.0 / length + rule.1).min(1.0);
    let slots = (0..layers * heads).map(|_| {
        let importance = (4.0 * random.random::<f64>()).exp();
        let locality = 0.5 + 3.0 * random.random::<f64>();
        let option = |&rule: &(f64, f64)| Choice {
            damage: importance * (1.0 - density(rule, 8192.0)).powf(locality),
            costs: lengths.iter().map(|&length| density(rule, length)).collect(),
        };
        rules.iter().map(option).collect()
    });
    let slots = slots.collect();
    let layer = |layer: usize| Group {
        slots: (heads * layer..heads * (layer + 1)).collect(),
        rule: Rule::Distinct(2),
    };
    let limits = [0.75, 0.625, 0.5, 0.5].map(|density| density * (layers * heads) as f64).to_vec();
    Problem { slots, limits, groups: (0..layers).map(layer).collect() }
}
