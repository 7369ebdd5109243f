//! The examples do what they say.

#[path = "../../examples/closure.rs"]
#[expect(dead_code, reason = "its `main` is for people")]
mod closure;
#[path = "../../examples/events.rs"]
#[expect(dead_code, reason = "its `main` is for people")]
mod events;
#[path = "../../examples/strategy.rs"]
#[expect(dead_code, reason = "its `main` is for people")]
mod strategy;

use std::path::Path;

use crate::builder::PROFILE;

#[test]
fn a_closure_is_minimised() {
    let said = closure::run().unwrap();
    let (value, place) = said.split_once(" at ").unwrap();
    assert!(value.parse::<f64>().unwrap() < 1e-4, "{said}");
    assert_eq!(place, "x = 1.000, y = 1.000", "the least value of Rosenbrock's valley");
}

#[test]
fn a_profile_is_plotted_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").canonicalize().unwrap();
    let profile = folder.path().join("small.ron");
    std::fs::write(&profile, PROFILE.replace("tiny-moe", &models.join("tiny-moe").display().to_string()))
        .unwrap();
    let mut text = Vec::new();
    events::run(&profile, 20, false, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("20 of 20 trials, best kl "), "{text}");
    assert!(text.contains("on data that no trial saw"), "{text}");
    let rows: Vec<usize> =
        text.lines().take(10).map(|line| line.chars().filter(|dot| *dot == '•').count()).collect();
    assert_eq!(rows.iter().sum::<usize>(), 20, "a dot for every trial:\n{text}");
    let last = text.lines().nth(9).unwrap();
    assert!(last.trim_end().ends_with('•'), "the best so far ends at its least value:\n{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "80 columns:\n{text}");
}

#[test]
fn a_strategy_of_ones_own_goes_on_where_it_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let said = strategy::run(folder.path()).unwrap();
    let mut lines = said.lines();
    let stopped: u64 = number(lines.next().unwrap());
    assert!((81..200).contains(&stopped), "{said}");
    // All 16 switches on: 3 · 16 − 4 · 15.
    let found = lines.next().unwrap();
    assert!(found.starts_with("continued to 200 trials: -12 at 1111111111111111, found in trial "), "{said}");
    // Every config once, and the winner once more for the report.
    assert_eq!(number(lines.next().unwrap()), 201, "{said}");
}

/// The first number in a line.
fn number(line: &str) -> u64 {
    let digits = line.split(|character: char| !character.is_ascii_digit()).find(|word| !word.is_empty());
    digits.unwrap().parse().unwrap()
}
