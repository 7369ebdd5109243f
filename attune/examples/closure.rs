//! Minimises a function in ten lines: `cargo run --release --example closure`.
#![allow(clippy::print_stdout, reason = "a program for people")]

use attune::core::space::{Dimension, Space};
use attune::{Error, minimise, strategy};

/// Rosenbrock's valley, whose least value is 0 at x = y = 1.
pub(crate) fn run() -> Result<String, Error> {
    let space = Space::of([Dimension::real("x", -2.0, 2.0), Dimension::real("y", -1.0, 3.0)])?;
    let valley = |x: f64, y: f64| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
    let found = minimise(space, move |point| valley(point.real("x"), point.real("y")))
        .strategy(strategy::CmaEs::default())
        .trials(800)
        .run()?;
    let point = found.point();
    Ok(format!("{:.1e} at x = {:.3}, y = {:.3}", found.value, point.real("x"), point.real("y")))
}

fn main() -> Result<(), Error> {
    println!("{}", run()?);
    Ok(())
}
