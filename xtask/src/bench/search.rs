//! How much model work a search needs to reach what published schedules reach.
//!
//! A published schedule evaluates every candidate alone and in full, so it is charged the naive work of its trials;
//! `attune` is charged what it really computes. Same space, model, data and seeds; quality is the mean of the first
//! metric on the report split.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::BenchError;

const SEEDS: u64 = 5;
/// Trials after which a search is looked at; it continues from one to the next.
const TRIALS: [u64; 11] = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];
/// Published schedules: name, strategy, evaluations.
const SCHEDULES: [(&str, &str, u64); 3] = [
    ("KVTuner, 100 evaluations", "kvtuner", 100),
    ("EEP, 31 + 100 + 300 evaluations", "eep", 431),
    ("EvoPress, one stage, 12 generations of 32", "evopress", 385),
];
const OWN: [&str; 5] = [
    "strategy.name=evolution",
    "strategy.options.generation=16",
    "racing.first=4",
    "racing.error=0.05",
    "racing.floor=0.5",
];

/// Quality and work of one finished search.
#[derive(Clone, Copy)]
struct Reached {
    quality: f64,
    computed: f64,
    naive: f64,
    seconds: f64,
}

/// Finds, for every schedule and seed, the work after which `attune` is at least as good.
pub(crate) fn search(root: &Path, profile: &Path) -> Result<String, BenchError> {
    let profile = profile.canonicalize().map_err(BenchError::Folder)?;
    let bench = Bench { root, profile };
    println!(
        "| schedule | seed | quality | its layer-tokens | attune's quality | trials | layer-tokens | of its | seconds |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut ratios: Vec<(&str, Vec<f64>)> = SCHEDULES.iter().map(|(name, ..)| (*name, Vec::new())).collect();
    for seed in 1..=SEEDS {
        let mut targets = Vec::new();
        for (_, strategy, trials) in SCHEDULES {
            let store = tempfile::tempdir().map_err(BenchError::Folder)?;
            targets.push(bench.run(store.path(), seed, trials, &[&format!("strategy.name={strategy}")])?);
        }
        let store = tempfile::tempdir().map_err(BenchError::Folder)?;
        let mut open: Vec<usize> = (0..targets.len()).collect();
        for trials in TRIALS {
            let own = bench.run(store.path(), seed, trials, &OWN)?;
            open.retain(|&number| {
                let target = targets[number];
                let last = trials == TRIALS[TRIALS.len() - 1];
                if own.quality > target.quality && !last {
                    return true;
                }
                let ratio = own.computed / target.naive;
                let verdict = if own.quality > target.quality {
                    "not reached".to_owned()
                } else {
                    format!("{ratio:.3}")
                };
                println!(
                    "| {} | {seed} | {:.4} | {:.2e} | {:.4} | {trials} | {:.2e} | {verdict} | {:.0} |",
                    SCHEDULES[number].0, target.quality, target.naive, own.quality, own.computed, own.seconds
                );
                ratios[number].1.push(if own.quality > target.quality { f64::INFINITY } else { ratio });
                false
            });
            if open.is_empty() {
                break;
            }
        }
    }
    let mut summary = String::new();
    for (name, mut found) in ratios {
        found.sort_by(f64::total_cmp);
        let (low, high) = (found[0], found[found.len() - 1]);
        summary += &format!(
            "{name}: median {:.3} of its layer-tokens ({low:.3} to {high:.3})\n",
            found[found.len() / 2]
        );
    }
    Ok(summary)
}

struct Bench<'a> {
    root: &'a Path,
    profile: PathBuf,
}

impl Bench<'_> {
    fn run(&self, store: &Path, seed: u64, trials: u64, sets: &[&str]) -> Result<Reached, BenchError> {
        let mut command = Command::new("cargo");
        command.args(["run", "--release", "-q", "-p", "attune-cli", "--", "run"]).arg(&self.profile);
        command
            .args(["--json", "--seed", &seed.to_string(), "--trials", &trials.to_string(), "--store"])
            .arg(store);
        for set in sets.iter().copied().chain(["report.random=0"]) {
            command.args(["--set", set]);
        }
        let program = || format!("attune with {}", sets.join(" "));
        let output = command.current_dir(self.root).stderr(Stdio::inherit()).output();
        let output = output.map_err(|source| BenchError::Spawn { program: program(), source })?;
        if !output.status.success() {
            return Err(BenchError::Failed { program: program(), status: output.status });
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let last = text.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok());
        let number = |path: &str| last.as_ref().and_then(|json| json.pointer(path)).and_then(Value::as_f64);
        let reached = || {
            Some(Reached {
                quality: number("/best/report/kl/mean")?,
                computed: number("/work/computed")?,
                // What is measured beside the trials is no part of the schedule.
                naive: number("/work/naive")? - number("/work/measuring")?,
                seconds: number("/seconds")?,
            })
        };
        reached().ok_or_else(|| BenchError::Output { program: program(), expected: "finished event" })
    }
}
