//! What operators take on large configs.

use std::error::Error;

use attune_core::rng;
use attune_core::space::{Constraint, Dimension, Domain, Space};

use crate::clock::Clock;

/// Calls of one measurement.
const CALLS: usize = 2_000;

pub(crate) fn print() -> Result<(), Box<dyn Error>> {
    let order = |of| Dimension::new("order", Domain::Permutation { of });
    let vector = |len| Dimension::int("vector", 0, 1_000_000).along("item", len);
    let line = |len| Dimension::real("threshold", 0.0, 1.0).along("step", len);
    let ascending = Constraint::Ascending { dimension: 0, along: "step".to_owned() };
    let codec = Dimension::choice("codec", ["raw", "block"]).along("item", 10_000);
    let active = Constraint::Active { dimension: 1, when: 0, options: vec![1] };
    let spaces = [
        ("an order of 500", Space::of([order(500)])?),
        ("an order of 5,000", Space::of([order(5_000)])?),
        ("a vector of 1,000", Space::of([vector(1_000)])?),
        ("a vector of 10,000", Space::of([vector(10_000)])?),
        ("10,000 ascending reals", Space::new(vec![line(10_000)], vec![ascending])?),
        ("10,000 conditional cells", Space::new(vec![codec, vector(10_000)], vec![active])?),
    ];
    println!("| microseconds of | sample | mutate | cross | hash |\n| --- | ---: | ---: | ---: | ---: |");
    for (name, space) in spaces {
        let mut random = rng::derive(1, "operators", &[]);
        let parents = [space.sample(&mut random)?, space.sample(&mut random)?];
        let random = |label: &str| rng::derive(1, label, &[]);
        let (mut sample, mut mutate, mut cross) = (random("sample"), random("mutate"), random("cross"));
        let cells = [
            each(|| drop(space.sample(&mut sample))),
            each(|| drop(space.mutate(&parents[0], &mut mutate))),
            each(|| drop(space.crossover(&parents[0], &parents[1], &mut cross))),
            each(|| _ = std::hint::black_box(parents[0].hash())),
        ];
        println!("| {name} | {} |", cells.map(|cell| format!("{cell:.0}")).join(" | "));
    }
    Ok(())
}

fn each(mut call: impl FnMut()) -> f64 {
    let clock = Clock::start();
    (0..CALLS).for_each(|_| call());
    1e6 * clock.seconds() / CALLS as f64
}
