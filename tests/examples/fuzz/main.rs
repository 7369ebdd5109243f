//! Fuzzing of everything that reads what others wrote: seeded mutations of committed files, one target a file of `targets`.
//!
//! `cargo xtask fuzz [TARGET] [--seconds N] [--seed N]`, or `--input FILE` to run one input again. Prints executions and
//! panics of every target; what panicked is written to `fuzz-TARGET-HASH` in the working directory, and the exit code is 1.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

mod mutate;
mod scratch;
mod targets;

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use attune_core::hash::ContentHash;
use attune_core::rng;

/// Something that reads bytes which somebody else wrote, and must not panic.
pub(crate) struct Target {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// Inputs that mean something, from committed files of the repository at this path.
    pub(crate) seeds: fn(&Path) -> Vec<Vec<u8>>,
    /// Reads one input.
    pub(crate) run: fn(&[u8]),
}

/// How a target held.
struct Tally {
    executions: u64,
    panics: u64,
    slowest: Duration,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let number = |name, otherwise| option(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (seconds, seed): (u64, u64) = (number("--seconds", 60), number("--seed", 1));
    let wanted = arguments.first().filter(|first| !first.starts_with("--"));
    let chosen: Vec<&Target> =
        targets::ALL.iter().filter(|target| wanted.is_none_or(|name| name == target.name)).collect();
    if chosen.is_empty() {
        let known: Vec<&str> = targets::ALL.iter().map(|target| target.name).collect();
        eprintln!("error: there is no such target; there are {}", known.join(", "));
        return ExitCode::FAILURE;
    }
    if let Some(file) = option("--input") {
        let Ok(input) = std::fs::read(&file) else {
            eprintln!("error: cannot read {file}");
            return ExitCode::FAILURE;
        };
        chosen.iter().for_each(|target| (target.run)(&input));
        return ExitCode::SUCCESS;
    }
    let each = Duration::from_secs(seconds) / chosen.len() as u32;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned);
    panic::set_hook(Box::new(|_| {}));
    let mut panics = 0;
    for target in chosen {
        let tally = fuzz(target, &root, each, seed);
        println!(
            "{:16} {:>9} executions, {} panics, slowest {:.2} s",
            target.name,
            tally.executions,
            tally.panics,
            tally.slowest.as_secs_f64()
        );
        panics += tally.panics;
    }
    if panics == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fuzz(target: &Target, root: &Path, time: Duration, seed: u64) -> Tally {
    let seeds = (target.seeds)(root);
    assert!(!seeds.is_empty(), "target {} has no seeds", target.name);
    let mut tally = Tally { executions: 0, panics: 0, slowest: Duration::ZERO };
    let begun = Instant::now();
    while begun.elapsed() < time {
        let number = tally.executions;
        let input = match seeds.get(number as usize) {
            // The seeds themselves first.
            Some(seed) => seed.clone(),
            None => mutate::mutated(&seeds, &mut rng::derive(seed, target.name, &[number])),
        };
        let clock = Instant::now();
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (target.run)(&input)));
        tally.slowest = tally.slowest.max(clock.elapsed());
        tally.executions += 1;
        if outcome.is_err() {
            tally.panics += 1;
            let hash = ContentHash::of(&input).to_string();
            let file = format!("fuzz-{}-{}", target.name, &hash[..12]);
            match std::fs::write(&file, &input) {
                Ok(()) if tally.panics <= MOST_SHOWN => eprintln!("panic: {file}"),
                Ok(()) => {}
                Err(error) => eprintln!("panic, and {file} cannot be written: {error}"),
            }
            if tally.panics >= MOST_PANICS {
                break;
            }
        }
    }
    tally
}

/// Panics of one target that are named, and that end it.
const MOST_SHOWN: u64 = 5;
const MOST_PANICS: u64 = 100;
