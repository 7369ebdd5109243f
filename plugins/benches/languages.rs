//! Calls of the same technique in several languages: `cargo bench -p attune-plugins --bench languages -- python=FILE.wasm
//! javascript=FILE.wasm`. The Rust one is the example of `plugins/README.md`, and what the others take is also a multiple of it.
//!
//! Every call has a fresh instance; `lower` has a config of 32 × 32 cells, all of which become edits. Loading compiles, and calls
//! `describe` once. Times are of the processor, so they hold on a machine that has other things to do; loading is by the
//! wall clock.
#![expect(clippy::print_stdout, reason = "a bench prints its results")]

#[path = "../../search/benches/clock/mod.rs"]
mod clock;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::space::{Config, Value};
use attune_core::technique::Technique as _;
use attune_plugins::{Host, WasmTechnique, limits};
use attune_vocabulary::ModelFacts;
use clock::Clock;

/// Cells along each axis.
const SIDE: u32 = 32;
/// Seconds for which one kind of call is repeated.
const PATIENCE: f64 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let rust = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/example.wasm");
    let given = std::env::args().skip(1).filter_map(|argument| {
        let (language, file) = argument.split_once('=')?;
        Some((language.to_owned(), PathBuf::from(file)))
    });
    let host = Host::new()?;
    println!(
        "| language | file | loads in | call | instructions | a call | calls per second | of Rust's | memory |"
    );
    println!("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
    let mut first = Vec::new();
    for (language, file) in std::iter::once(("rust".to_owned(), rust)).chain(given) {
        let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
        let began = Instant::now();
        let technique = host.load_file(&file)?;
        let loading = began.elapsed();
        let kind = if *technique.limits() == limits::Limits::RUNTIME { " (runtime)" } else { "" };
        for (place, call) in ["space", "cost", "lower"].into_iter().enumerate() {
            let Measured { seconds, fuel, memory } = measured(&technique, call)?;
            if first.len() == place {
                first.push(seconds);
            }
            println!(
                "| {language}{kind} | {megabytes:.1} MB | {:.1} s | {call} | {fuel} | {:.3} ms | {:.0} | {:.1} × | {:.1} MiB |",
                loading.as_secs_f64(),
                seconds * 1e3,
                1.0 / seconds,
                seconds / first[place],
                memory as f64 / f64::from(1 << 20),
            );
        }
    }
    Ok(())
}

struct Measured {
    /// Of one call.
    seconds: f64,
    fuel: u64,
    memory: usize,
}

fn measured(technique: &WasmTechnique, call: &str) -> Result<Measured, Box<dyn Error>> {
    let (model, options) = (model(), Settings::new());
    let config = Config::new(vec![vec![Value::Index(1); (SIDE * SIDE) as usize]]);
    let (clock, began) = (Clock::start(), Instant::now());
    let mut calls = 0;
    while calls < 5 || began.elapsed().as_secs_f64() < PATIENCE {
        match call {
            "space" => drop(technique.space(&model, &options)?),
            "cost" => drop(technique.cost(&model, &options, &config)?),
            _ => drop(technique.lower(&model, &options, &config)?),
        }
        calls += 1;
    }
    let seconds = clock.seconds() / f64::from(calls);
    let spent = technique.spent();
    let spent = spent.get(call).ok_or("the call was not counted")?;
    Ok(Measured { seconds, fuel: spent.fuel / spent.calls, memory: spent.memory })
}

fn model() -> Facts {
    Facts::from(ModelFacts {
        name: "square".into(),
        fingerprint: ContentHash::of(b"square"),
        family: "llama".into(),
        layers: SIDE,
        hidden: 2048,
        heads: SIDE,
        kv_heads: SIDE,
        head_dim: 64,
        experts: 0,
        experts_per_token: 0,
        context: 4096,
        vocab: 32_000,
        checkpoints: 1,
        parameters: 1_000_000_000,
        feed_forward: 4096,
        expert_parameters: 0,
        bytes_per_parameter: 2.0,
    })
}
