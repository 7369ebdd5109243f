//! Orders: what an operator takes on one of thousands, and how near strategies come to the best one:
//! `cargo bench -p attune-search --bench orders`, or `… -- operators`, `… -- flow-shop evolution seeds=3 trials=2000`.
//!
//! The problems have optima that are known by how they are made (`orders/problem.rs`). A cell is the gap to the optimum, the
//! mean over seeds, as a share of what a random order is beyond it: 1 is chance, 0 the optimum.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

mod clock;
#[path = "orders/operators.rs"]
mod operators;
#[path = "orders/problem.rs"]
mod problem;

use std::error::Error;
use std::sync::Arc;

use attune_core::evaluator::RunControl;
use attune_core::options::OptionValue;
use attune_core::profile::Selected;
use attune_core::rng;
use attune_core::strategy::Observation;
use attune_search::strategy::{SearchContext, build, strategies};
use problem::Problem;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let number = |key: &str, otherwise: usize| -> Result<usize, std::num::ParseIntError> {
        let said = arguments.iter().find_map(|argument| argument.strip_prefix(key)?.strip_prefix('='));
        said.map_or(Ok(otherwise), str::parse)
    };
    let (seeds, trials) = (number("seeds", 3)?, number("trials", 2_000)?);
    let given = |name: &str| arguments.iter().any(|argument| argument == name);
    if arguments.is_empty() || given("operators") {
        operators::print()?;
    }
    let known = strategies();
    let named: Vec<&str> = known.iter().map(|info| info.name).filter(|name| given(name)).collect();
    let named = if named.is_empty() { vec!["random", "evolution", "nsga2"] } else { named };
    for problem in Problem::all() {
        if arguments.iter().any(|argument| argument == "operators") && !given(problem.name) {
            continue;
        }
        if Problem::all().iter().any(|other| given(other.name)) && !given(problem.name) {
            continue;
        }
        println!("\n| {} | {} |", problem.in_words(), marks(trials).map(|mark| mark.to_string()).join(" | "));
        println!("| --- |{}", " ---: |".repeat(4));
        for name in &named {
            let mut gaps = [0.0; 4];
            for seed in 0..seeds {
                for (sum, gap) in
                    gaps.iter_mut().zip(searched(name, &problem, seed as u64, trials, &arguments)?)
                {
                    *sum += gap / seeds as f64;
                }
            }
            println!("| `{name}` | {} |", gaps.map(|gap| format!("{gap:.3}")).join(" | "));
        }
    }
    Ok(())
}

/// After how many trials the best is looked at.
fn marks(trials: usize) -> [usize; 4] {
    [trials / 20, trials / 4, trials / 2, trials]
}

fn searched(
    name: &str,
    problem: &Problem,
    seed: u64,
    trials: usize,
    arguments: &[String],
) -> Result<[f64; 4], Box<dyn Error>> {
    let space = Arc::new(problem.space()?);
    let chance: f64 = (0..64)
        .map(|draw| Ok(problem.loss(&space.sample(&mut rng::derive(draw, "chance", &[]))?)))
        .sum::<Result<f64, attune_core::space::Infeasible>>()?
        / 64.0;
    let mut choice = Selected { name: name.to_owned(), options: Default::default() };
    for option in strategies().iter().filter(|info| info.name == name).flat_map(|info| &info.options) {
        let said =
            arguments.iter().find_map(|argument| argument.strip_prefix(&option.name)?.strip_prefix('='));
        if let Some(said) = said {
            let value = match option.default {
                OptionValue::Int(_) => OptionValue::Int(said.parse()?),
                OptionValue::Real(_) => OptionValue::Real(said.parse()?),
                _ => OptionValue::Text(said.to_owned()),
            };
            choice.options.insert(option.name.clone(), value);
        }
    }
    let context = SearchContext {
        space,
        seed,
        starts: Vec::new(),
        operators: None,
        table: None,
        repeats: 0,
        stop: RunControl::default(),
    };
    let mut strategy = build(&choice, context)?;
    let (mut done, mut best, mut gaps) = (0, f64::INFINITY, [1.0; 4]);
    while done < trials {
        let proposals = strategy.ask(trials - done);
        if proposals.is_empty() {
            break;
        }
        let mut told = Vec::new();
        for proposal in proposals {
            let loss = problem.loss(&proposal.config);
            let losses = if name == "nsga2" { vec![loss, 0.0] } else { vec![loss] };
            told.push(Observation {
                index: proposal.index,
                losses: Some(losses),
                estimate: None,
                fresh: None,
            });
            best = best.min(loss);
            done += 1;
            for (gap, mark) in gaps.iter_mut().zip(marks(trials)) {
                if done <= mark {
                    *gap = (best - problem.optimum) / (chance - problem.optimum);
                }
            }
        }
        strategy.tell(&told);
    }
    Ok(gaps)
}
