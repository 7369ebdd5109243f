//! Attention alone: what a low-bit cache costs, and what a short span saves.
//!
//! `cargo run --release -p attune-eval --example attention -- TOKENS HEAD_DIM`
#![expect(clippy::print_stdout, reason = "a benchmark for people at a terminal")]

use attune_eval::bench;
use attune_eval::compute::Compute;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [tokens, head_dim] = &args[..] else { return Err("expected TOKENS HEAD_DIM".into()) };
    let found = bench::attention(&Compute::cpu(), tokens.parse()?, head_dim.parse()?, 50);
    let dense = found[0].1;
    for (name, seconds) in found {
        println!("{name}: {:.2} ms, {:.2} of everything", 1e3 * seconds, seconds / dense);
    }
    Ok(())
}
