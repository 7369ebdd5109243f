//! How often `evolution` finds the deeper of two valleys, by how it begins:
//! `cargo run --release -p attune --no-default-features --example two_valleys`.
#![allow(clippy::print_stdout, reason = "a program for people")]

use attune::core::space::{Dimension, Space};
use attune::strategy::Evolution;
use attune::{Error, minimise};

const SEEDS: u64 = 30;

/// Whether the deeper valley was found: the choice says which one a point is in, and the other one ends 1 higher.
fn found(strategy: Evolution, trials: u64, seed: u64) -> Result<bool, Error> {
    let space = Space::of([Dimension::real("x", -5.0, 5.0), Dimension::choice("side", ["left", "right"])])?;
    let found = minimise(space, |point| {
        let centre = if point.choice("side") == "left" { -1.0 } else { 2.0 };
        (point.real("x") - centre).abs() + f64::from(centre < 0.0)
    })
    .strategy(strategy)
    .trials(trials)
    .seed(seed)
    .run()?;
    Ok(found.point().choice("side") == "right")
}

fn main() -> Result<(), Error> {
    let fixed = Evolution { initial: 16, generation: 8, population: 16, ..Default::default() };
    let begins = [
        ("initial 8, growing (the default)", Evolution::default()),
        ("initial 16, growing", Evolution { initial: 16, ..Default::default() }),
        ("initial 16, generations of 8, 16 parents", fixed),
    ];
    for (name, strategy) in begins {
        let mut counts = Vec::new();
        for trials in [60, 150] {
            let mut count = 0;
            for seed in 0..SEEDS {
                count += u32::from(found(strategy, trials, seed)?);
            }
            counts.push(format!("{count} after {trials} trials"));
        }
        println!("{name}: of {SEEDS} seeds {}", counts.join(", "));
    }
    Ok(())
}
