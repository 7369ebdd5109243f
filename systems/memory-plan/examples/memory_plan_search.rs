//! The search for plans, on its own: `cargo run --release -p attune-memory-plan --example memory_plan_search -- TRACE.csv SEED SECONDS`.
//! Prints a line whenever it finds a better plan, and at the end what the search took. Seconds are of the clock.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use std::time::Instant;

use attune_memory_plan::restarts::{Policy, Restarts};
use attune_memory_plan::{check, csv};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, seed, seconds] = &arguments[..] else {
        return Err("usage: memory_plan_search TRACE.csv SEED SECONDS".into());
    };
    let instance = csv::read(&std::fs::read_to_string(path)?)?;
    let (seed, seconds): (u64, f64) = (seed.parse()?, seconds.parse()?);
    let began = Instant::now();
    let mut search = Restarts::new(&instance, Policy::default(), seed);
    let mut best = u64::MAX;
    while !search.is_over() && began.elapsed().as_secs_f64() < seconds || best > search.peak() {
        if best > search.peak() {
            // By another algorithm than the one that made the plan.
            best = check::peak(&instance, search.best())?;
            println!("{:8.2} s  peak {best}  bound {}", began.elapsed().as_secs_f64(), instance.bound());
        } else {
            search.round(u64::MAX);
        }
    }
    println!("{:8.2} s  {} nodes, {} steps", began.elapsed().as_secs_f64(), search.nodes(), search.steps());
    Ok(())
}
