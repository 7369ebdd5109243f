//! Processor time of ask and tell, by trial: `cargo bench -p attune-search --bench ask_tell`, or
//! `… -- evolution hybrid dimensions=270 trials=1000,10000` for some strategies, numbers of dimensions and trials. `ask_tell_optuna.py` beside it measures Optuna, and
//! `ask_tell_optuna.md` is what it printed on 2026-11-29, which ends the table of all strategies.
//!
//! Dimensions are widths of 2, 3, 4 or 8 bits of which 4 on average are allowed (numbers for `cma-es`); the loss is a sum of
//! damages, and for `nsga2` and `kvtuner` the bits are a second one. Building the strategy counts for the first trial. A
//! strategy that has taken a minute (`patience=60`, seconds) is stopped there, and the cell says after how many trials.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

mod clock;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use attune_core::evaluator::RunControl;
use attune_core::profile::Selected;
use attune_core::sensitivity::SensitivityTable;
use attune_core::space::{Budget, BudgetTerm, Config, Constraint, Dimension, Slot, Space, Value};
use attune_core::strategy::Observation;
use attune_search::strategy::{SearchContext, build, strategies};
use clock::Clock;

const BITS: [f64; 4] = [2.0, 3.0, 4.0, 8.0];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let list = |key: &str, otherwise: &[usize]| -> Result<Vec<usize>, std::num::ParseIntError> {
        let said = arguments.iter().find_map(|argument| argument.strip_prefix(key)?.strip_prefix('='));
        said.map_or(Ok(otherwise.to_vec()), |numbers| numbers.split(',').map(str::parse).collect())
    };
    let dimensions = list("dimensions", &[40, 270])?;
    let trials = list("trials", &[100, 1_000, 10_000, 100_000])?;
    let patience = list("patience", &[60])?.first().map_or(60.0, |&seconds| seconds as f64);
    let wanted = |name: &str| {
        let named = || arguments.iter().filter(|argument| !argument.contains('='));
        named().next().is_none() || named().any(|argument| argument == name)
    };
    let columns: Vec<String> = trials.iter().map(|trials| format!("{trials} trials")).collect();
    println!("| strategy | dimensions | {} |", columns.join(" | "));
    println!("| --- | ---: |{}", " ---: |".repeat(trials.len()));
    for info in strategies().iter().filter(|info| wanted(info.name)) {
        for &count in &dimensions {
            let cells = measured(info.name, count, &trials, patience)?;
            println!("| `{}` | {count} | {} |", info.name, cells.join(" | "));
        }
    }
    if arguments.iter().all(|argument| argument.starts_with("patience=")) {
        print!("{}", include_str!("ask_tell_optuna.md"));
    }
    Ok(())
}

/// Microseconds by trial up to each of `marks`, as text.
fn measured(name: &str, count: usize, marks: &[usize], patience: f64) -> Result<Vec<String>, Box<dyn Error>> {
    let space = Arc::new(space(name, count)?);
    let clock = Clock::start();
    let context = SearchContext {
        space: Arc::clone(&space),
        seed: 1,
        starts: Vec::new(),
        operators: None,
        table: Some(table(&space)),
        repeats: 0,
        stop: RunControl::default(),
    };
    let choice = Selected { name: name.to_owned(), options: Default::default() };
    let mut strategy = build(&choice, context)?;
    let mut done = 0;
    let mut cells = Vec::new();
    for &mark in marks {
        while done < mark && clock.seconds() < patience {
            let proposals = strategy.ask(mark - done);
            if proposals.is_empty() {
                break;
            }
            done += proposals.len();
            let told: Vec<Observation> = proposals
                .iter()
                .map(|proposal| Observation {
                    index: proposal.index,
                    losses: Some(losses(name, &proposal.config)),
                    estimate: None,
                    fresh: None,
                })
                .collect();
            strategy.tell(&told);
        }
        let each = 1e6 * clock.seconds() / done.max(1) as f64;
        cells.push(if done == mark { format!("{each:.0} µs") } else { format!("{each:.0} µs ({done})") });
        if done < mark {
            break;
        }
    }
    cells.resize(marks.len(), "–".to_owned());
    Ok(cells)
}

fn space(name: &str, count: usize) -> Result<Space, Box<dyn Error>> {
    let along = |dimension: Dimension| dimension.along("layer", count as u32);
    if name == "cma-es" {
        return Ok(Space::of([along(Dimension::real("x", -5.0, 5.0))])?);
    }
    let budget = Budget {
        resource: "bits".to_owned(),
        unit: "bits".to_owned(),
        limit: 4.0 * count as f64,
        terms: vec![BudgetTerm { dimension: 0, costs: vec![BITS.to_vec()] }],
    };
    Ok(Space::new(vec![along(Dimension::level("bits", BITS))], vec![Constraint::Budget(budget)])?)
}

fn damage(cell: usize, level: usize) -> f64 {
    (1.0 + ((cell * 7) % 16) as f64) * [16.0, 4.0, 1.0, 0.0][level]
}

fn table(space: &Space) -> SensitivityTable {
    let row = |slot: Slot| (slot, (0..BITS.len()).map(|level| vec![damage(slot.cell, level)]).collect());
    SensitivityTable::new(space.slots().map(row).collect::<BTreeMap<_, _>>())
}

/// The damage, and of those that take several objectives the bits.
fn losses(name: &str, config: &Config) -> Vec<f64> {
    let (mut sum, mut bits) = (0.0, 0.0);
    for (cell, value) in config.dimensions().iter().flatten().enumerate() {
        match value {
            Value::Index(level) => {
                sum += damage(cell, *level as usize);
                bits += BITS[*level as usize];
            }
            Value::Real(x) => sum += (1.0 + cell as f64) * x * x,
            _ => {}
        }
    }
    if matches!(name, "nsga2" | "kvtuner") { vec![sum, bits] } else { vec![sum] }
}
