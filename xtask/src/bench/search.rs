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
const TRIALS: [u64; 14] = [4, 8, 16, 24, 32, 48, 64, 80, 96, 128, 160, 192, 256, 384];
/// Published schedules: name, strategy, evaluations.
const SCHEDULES: [(&str, &str, u64); 3] = [
    ("KVTuner, 100 evaluations", "kvtuner", 100),
    ("EEP, 31 + 100 + 300 evaluations", "eep", 431),
    ("EvoPress, one stage, 12 generations of 32", "evopress", 385),
];
/// What `attune` does, with everything on. Published schedules do not know the technique's baselines, so the second
/// way does without them.
const OWN: [(&str, &[&str]); 2] = [
    ("from the technique's baselines", &["strategy.options.initial=4"]),
    ("from random configs", &["strategy.options.baselines=false"]),
];
const ALWAYS: [&str; 5] = [
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

/// Finds, for every schedule, way and seed, the work after which `attune` is at least as good.
pub(crate) fn search(root: &Path, profile: &Path) -> Result<String, BenchError> {
    let profile = profile.canonicalize().map_err(BenchError::Folder)?;
    let bench = Bench { root, profile };
    println!(
        "| attune | schedule | seed | quality | layer-tokens | seconds | attune's quality | trials | layer-tokens | seconds | share |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut shares = vec![Vec::new(); OWN.len() * SCHEDULES.len()];
    for seed in 1..=SEEDS {
        let mut targets = Vec::new();
        for (_, strategy, trials) in SCHEDULES {
            let store = tempfile::tempdir().map_err(BenchError::Folder)?;
            targets.push(bench.run(store.path(), seed, trials, &[&format!("strategy.name={strategy}")])?);
        }
        for (way, (name, sets)) in OWN.iter().enumerate() {
            let found = &mut shares[way * SCHEDULES.len()..][..SCHEDULES.len()];
            bench.chase(seed, name, sets, &targets, found)?;
        }
    }
    let mut summary = String::new();
    for (number, found) in shares.iter_mut().enumerate() {
        found.sort_by(f64::total_cmp);
        let (way, schedule) = (OWN[number / SCHEDULES.len()].0, SCHEDULES[number % SCHEDULES.len()].0);
        let (low, median, high) = (found[0], found[found.len() / 2], found[found.len() - 1]);
        summary +=
            &format!("{schedule}: {way}, median {median:.3} of its layer-tokens ({low:.3} to {high:.3})\n");
    }
    Ok(summary)
}

struct Bench<'a> {
    root: &'a Path,
    profile: PathBuf,
}

impl Bench<'_> {
    /// Lets one search grow until it is at least as good as every target; adds its share of each one's work to
    /// `shares`, infinity where it never is.
    fn chase(
        &self,
        seed: u64,
        way: &str,
        sets: &[&str],
        targets: &[Reached],
        shares: &mut [Vec<f64>],
    ) -> Result<(), BenchError> {
        let store = tempfile::tempdir().map_err(BenchError::Folder)?;
        let mut open: Vec<usize> = (0..targets.len()).collect();
        let sets: Vec<&str> = ALWAYS.iter().chain(sets).copied().collect();
        for (step, trials) in TRIALS.into_iter().enumerate() {
            let own = self.run(store.path(), seed, trials, &sets)?;
            let last = step + 1 == TRIALS.len();
            open.retain(|&number| {
                let target = targets[number];
                let behind = own.quality > target.quality;
                if behind && !last {
                    return true;
                }
                let share = if behind { f64::INFINITY } else { own.computed / target.naive };
                println!(
                    "| {way} | {} | {seed} | {:.4} | {:.2e} | {:.0} | {:.4} | {trials} | {:.2e} | {:.0} | {share:.3} |",
                    SCHEDULES[number].0,
                    target.quality,
                    target.naive,
                    target.seconds,
                    own.quality,
                    own.computed,
                    own.seconds,
                );
                shares[number].push(share);
                false
            });
            if open.is_empty() {
                break;
            }
        }
        Ok(())
    }

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
                // What is measured beside the trials is no part of a schedule.
                naive: number("/work/naive")? - number("/work/measuring")?,
                seconds: number("/seconds")?,
            })
        };
        reached().ok_or_else(|| BenchError::Output { program: program(), expected: "finished event" })
    }
}
