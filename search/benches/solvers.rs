//! Speeds of the pure solvers: `cargo bench -p attune-search --bench solvers`, or `… -- knapsack` for one section of `ranks`,
//! `hypervolume`, `knapsack`, `spans`, `narrow`. Prints the mean processor time of some runs, and how it compares with a plain method in the same run.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

mod clock;

use std::hint::black_box;
use std::sync::Arc;

use attune_core::evaluator::RunControl;
use attune_core::options::Settings;
use attune_core::profile::Selected;
use attune_core::rng::derive;
use attune_core::space::{Budget, BudgetTerm, Constraint, Dimension, Space};
use attune_core::strategy::Observation;
use attune_search::knapsack::{Choice, Goal, Group, Problem, Rule, solve};
use attune_search::pareto::{Points, hypervolume, ranks};
use attune_search::strategy::{SearchContext, build};
use clock::Clock;
use rand::RngExt as _;

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let sections: [(&str, fn()); 5] = [
        ("ranks", all_ranks),
        ("hypervolume", volumes),
        ("knapsack", knapsacks),
        ("spans", all_spans),
        ("narrow", narrow),
    ];
    for (name, section) in sections {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            section();
        }
    }
}

fn all_ranks() {
    for dimension in [2, 3, 4] {
        let values = uniform(20_000 * dimension);
        ranking(&format!("20,000 points in {dimension}-D"), &values, dimension);
    }
    for dimension in [3, 4] {
        let values = one_front(20_000, dimension);
        ranking(&format!("one front of 20,000 points in {dimension}-D"), &values, dimension);
    }
}

fn volumes() {
    let front = linear_front(2_000);
    let volume = || black_box(hypervolume(Points::new(&front, 3), &[1.0; 3]));
    println!("hypervolume of 2,000 points in 3-D: {:.3} ms", mean(200, volume));
}

fn knapsacks() {
    for (count, runs) in [(800, 200), (10_000, 10), (100_000, 2)] {
        let modules = modules(count);
        for gap in [0.0, 1e-4] {
            let goal = Goal { gap, ..Goal::default() };
            let reached = solve(&modules, &goal).map_or(f64::NAN, |found| found.gap());
            let milliseconds = mean(runs, || black_box(solve(&modules, &goal)));
            let plain_gap = lagrangian(&modules);
            let plain = mean(runs, || black_box(lagrangian(&modules)));
            println!(
                "{count} modules × 4 levels, goal {gap}: {milliseconds:.1} ms, gap {reached:.1e}; {:.1} times what prices and a \
                 greedy repair take, gap {plain_gap:.1e}",
                milliseconds / plain
            );
        }
    }
}

fn all_spans() {
    for (layers, heads, name, gap) in
        [(32, 32, "0.5 %", 0.005), (32, 32, "0.1 %", 0.001), (32, 32, "0", 0.0), (30, 3, "0", 0.0)]
    {
        let spans = spans(layers, heads);
        let goal = Goal { gap, ..Goal::default() };
        let start = Clock::start();
        let reached = solve(&spans, &goal).map_or(f64::NAN, |found| found.gap());
        let seconds = start.seconds();
        println!(
            "{layers} layers of {heads} heads × 48 rules, 4 budgets, 2 rules a layer, goal {name}: {seconds:.2} s, gap {:.4} %",
            100.0 * reached
        );
    }
}

/// A hundred proposals of `evolution` where nearly every child has to be repaired: two budgets leave a narrow band.
fn narrow() {
    let costs: Vec<f64> = (0..16).map(|option| f64::from(option).sqrt() + 0.1).collect();
    let budget = |limit: f64, sign: f64| {
        let (resource, unit) = ("cost".to_owned(), String::new());
        let row = costs.iter().map(|cost| sign * cost).collect();
        let terms = vec![BudgetTerm { dimension: 0, costs: vec![row] }];
        Constraint::Budget(Budget { resource, unit, limit, terms })
    };
    for width in [1.0, 0.1, 0.01] {
        let cells = Dimension::level("x", (0..16).map(f64::from)).along("cell", 64);
        let constraints = vec![budget(190.0, 1.0), budget(width - 190.0, -1.0)];
        let Ok(space) = Space::new(vec![cells], constraints) else { continue };
        let context = SearchContext {
            space: Arc::new(space),
            seed: 1,
            starts: Vec::new(),
            operators: None,
            table: None,
            repeats: 0,
            stop: RunControl::default(),
        };
        let start = Clock::start();
        let Ok(mut strategy) =
            build(&Selected { name: "evolution".to_owned(), options: Settings::new() }, context)
        else {
            println!("100 proposals within 190 ± {width}: no config was found");
            continue;
        };
        let mut random = derive(1, "losses", &[]);
        let mut count = 0;
        while count < 100 {
            let proposals = strategy.ask(100 - count);
            if proposals.is_empty() {
                break;
            }
            count += proposals.len();
            let told = proposals.iter().map(|proposal| Observation {
                index: proposal.index,
                losses: Some(vec![random.random_range(0.0..1.0)]),
                estimate: None,
                fresh: None,
            });
            strategy.tell(&told.collect::<Vec<_>>());
        }
        println!(
            "{count} proposals of `evolution`, costs between {} and 190: {:.2} s",
            190.0 - width,
            start.seconds()
        );
    }
}

/// Milliseconds of a run, on average: the system counts processor time in steps of some milliseconds.
fn mean<T>(runs: usize, mut run: impl FnMut() -> T) -> f64 {
    let start = Clock::start();
    (0..runs).for_each(|_| drop(run()));
    start.seconds() * 1e3 / runs as f64
}

/// Ranks, beside peeling fronts off by comparing every pair.
fn ranking(what: &str, values: &[f64], dimension: usize) {
    let milliseconds = mean(10, || black_box(ranks(Points::new(values, dimension))));
    let pairs = mean(1, || black_box(domination_counts(values, dimension)));
    println!("rank {what}: {milliseconds:.1} ms, {:.4} of comparing every pair", milliseconds / pairs);
}

/// By how many points each is dominated: the first step of fast non-dominated sorting (Deb et al. 2002).
fn domination_counts(values: &[f64], dimension: usize) -> Vec<usize> {
    let rows: Vec<&[f64]> = values.chunks(dimension).collect();
    let dominates = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a <= b) && a != b;
    rows.iter().map(|row| rows.iter().filter(|other| dominates(other, row)).count()).collect()
}

/// The plain method as a yardstick for one budget: a price by bisection, then the options that cost least damage for what
/// they give until the budget is met. Returns the gap that the price proves.
fn lagrangian(problem: &Problem) -> f64 {
    let limit = problem.limits[0];
    let at = |price: f64| -> (Vec<usize>, f64, f64) {
        let value = |option: &Choice| option.damage + price * option.costs[0];
        let least = |slot: &Vec<Choice>| {
            (0..slot.len()).min_by(|&a, &b| value(&slot[a]).total_cmp(&value(&slot[b]))).unwrap_or(0)
        };
        let options: Vec<usize> = problem.slots.iter().map(least).collect();
        let sum = |of: &dyn Fn(&Choice) -> f64| {
            problem.slots.iter().zip(&options).map(|(slot, &option)| of(&slot[option])).sum::<f64>()
        };
        let (used, bound) = (sum(&|option| option.costs[0]), sum(&value) - price * limit);
        (options, used, bound)
    };
    let (mut low, mut high, mut bound) = (0.0, 1e9, f64::NEG_INFINITY);
    for _ in 0..60 {
        let price = 0.5 * (low + high);
        let (_, used, proven) = at(price);
        bound = bound.max(proven);
        if used > limit { low = price } else { high = price }
    }
    let (mut options, mut used, _) = at(low);
    let mut changes: Vec<(f64, usize, usize)> = Vec::new();
    for (slot, choices) in problem.slots.iter().enumerate() {
        let now = &choices[options[slot]];
        for (option, choice) in
            choices.iter().enumerate().filter(|(_, choice)| choice.costs[0] < now.costs[0])
        {
            changes.push(((choice.damage - now.damage) / (now.costs[0] - choice.costs[0]), slot, option));
        }
    }
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, slot, option) in changes {
        let relief = problem.slots[slot][options[slot]].costs[0] - problem.slots[slot][option].costs[0];
        if used <= limit {
            break;
        }
        if relief > 0.0 {
            used -= relief;
            options[slot] = option;
        }
    }
    let damage: f64 = problem.slots.iter().zip(&options).map(|(slot, &option)| slot[option].damage).sum();
    (damage - bound) / damage
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

/// Points of which none dominates another: coordinates that sum to 1.
fn one_front(count: usize, dimension: usize) -> Vec<f64> {
    let exponential = |value: &f64| -value.max(f64::MIN_POSITIVE).ln();
    let row = |row: &[f64]| {
        let sum: f64 = row.iter().map(exponential).sum();
        row.iter().map(|value| exponential(value) / sum).collect::<Vec<f64>>()
    };
    uniform(count * dimension).chunks(dimension).flat_map(row).collect()
}

fn modules(count: usize) -> Problem {
    let mut random = derive(2, "bench", &[]);
    let slots = (0..count).map(|_| {
        let (size, sensitivity) = (random.random_range(1.0..8.0), random.random_range(1.0..50.0));
        let level =
            |bits: f64| Choice { damage: sensitivity * 4_f64.powf(8.0 - bits), costs: vec![size * bits] };
        [2.0, 3.0, 4.0, 8.0].map(level).to_vec()
    });
    let slots: Vec<Vec<Choice>> = slots.collect();
    let limit = slots.iter().map(|levels| levels[2].costs[0]).sum();
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
