//! How much model work a search needs to reach what published schedules reach.
//!
//! A published schedule evaluates every candidate alone, so it is charged the naive work of its trials, or the share of
//! it that its own stages take; `attune` is charged what it really computes. Same space, model, data and seeds; quality is the mean of the first
//! metric on the report split. "As good" is said twice: when the 95 % intervals of the two means overlap, and when the mean
//! is no larger.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::BenchError;

const SEEDS: u64 = 5;
/// Generations after the first at whose end a search is looked at; it continues from one to the next.
const GENERATIONS: [u64; 12] = [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 22];
/// Trials of each of them.
const GENERATION: u64 = 32;

/// A published way to search, which evaluates every candidate alone.
struct Schedule {
    name: &'static str,
    sets: &'static [&'static str],
    trials: u64,
    /// Share of scoring every trial on all items that it is charged.
    charge: f64,
}

const SCHEDULES: [Schedule; 4] = [
    Schedule { name: "KVTuner, 100 evaluations", sets: &["strategy.name=kvtuner"], trials: 100, charge: 1.0 },
    Schedule {
        name: "EEP, 31 + 100 + 300 evaluations",
        sets: &["strategy.name=eep"],
        trials: 431,
        charge: 1.0,
    },
    // A generation of 16 on a sixteenth of the items, then its best and the parent on all: (16/16 + 2) of 16. The parent's
    // scores are cached here, so it is charged and not computed. 400 generations are published, for spaces of another size.
    Schedule {
        name: "EvoPress, super-fast, 100 generations",
        sets: &[
            "strategy.name=evopress",
            "strategy.options.offspring=16",
            "racing.first=2",
            "racing.error=0.000001",
            "racing.keep=0.0625",
        ],
        trials: 1 + 100 * 16,
        charge: 3.0 / 16.0,
    },
    // Published are 128 on a 64th of the data, 16 on an eighth, then 4 and the parent on all, over 150 generations: 9 of
    // 128. Here stages double from one item and each keeps 35 %.
    Schedule {
        name: "EvoPress, quant, 30 generations",
        sets: &[
            "strategy.name=evopress",
            "strategy.options.offspring=128",
            "racing.first=1",
            "racing.error=0.000001",
            "racing.keep=0.35",
        ],
        trials: 1 + 30 * 128,
        charge: 9.0 / 128.0,
    },
];
/// What `attune` does, with everything on, and the trials of its first generation. Published schedules do not know the
/// technique's baselines, so the second way does without them.
const OWN: [(&str, u64, &str); 2] = [
    ("from the technique's baselines", 4, "strategy.options.baselines=true"),
    ("from random configs", 64, "strategy.options.baselines=false"),
];
const ALWAYS: [&str; 5] =
    ["strategy.name=evolution", "racing.first=1", "racing.error=0.05", "racing.floor=0.5", "racing.keep=0.5"];

/// What "as good" may mean.
const BY: [&str; 2] = ["overlap", "mean"];

/// Quality and work of one finished search.
#[derive(Clone, Copy)]
struct Reached {
    quality: f64,
    /// Its 95 % interval.
    low: f64,
    high: f64,
    computed: f64,
    naive: f64,
    seconds: f64,
}

/// Finds, for every schedule, way and seed, the work after which `attune` is at least as good.
pub(crate) fn search(root: &Path, profile: &Path) -> Result<String, BenchError> {
    let profile = profile.canonicalize().map_err(BenchError::Folder)?;
    let bench = Bench { root, profile };
    println!(
        "| attune | schedule | seed | quality | layer-tokens | seconds | as good by | attune's quality | trials | layer-tokens | seconds | share |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut shares = vec![<[Vec<f64>; 2]>::default(); OWN.len() * SCHEDULES.len()];
    for seed in 1..=SEEDS {
        let mut targets = Vec::new();
        for Schedule { sets, trials, charge, .. } in SCHEDULES {
            let store = tempfile::tempdir().map_err(BenchError::Folder)?;
            let mut reached = bench.run(store.path(), seed, trials, sets)?;
            reached.naive *= charge;
            targets.push(reached);
        }
        for way in 0..OWN.len() {
            let found = &mut shares[way * SCHEDULES.len()..][..SCHEDULES.len()];
            bench.chase(seed, OWN[way], &targets, found)?;
        }
    }
    let mut summary = String::new();
    for (number, found) in shares.iter_mut().enumerate() {
        let (way, schedule) = (OWN[number / SCHEDULES.len()].0, SCHEDULES[number % SCHEDULES.len()].name);
        for (found, by) in found.iter_mut().zip(BY) {
            found.sort_by(f64::total_cmp);
            let (low, median, high) = (found[0], found[found.len() / 2], found[found.len() - 1]);
            summary += &format!(
                "{schedule}: {way}, by {by}, median {median:.3} of its layer-tokens ({low:.3} to {high:.3})\n"
            );
        }
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
        (way, initial, starts): (&str, u64, &str),
        targets: &[Reached],
        shares: &mut [[Vec<f64>; 2]],
    ) -> Result<(), BenchError> {
        let store = tempfile::tempdir().map_err(BenchError::Folder)?;
        let mut open: Vec<(usize, usize)> =
            (0..targets.len()).flat_map(|number| [(number, 0), (number, 1)]).collect();
        let first = format!("strategy.options.initial={initial}");
        let later = format!("strategy.options.generation={GENERATION}");
        let sets: Vec<&str> = ALWAYS.into_iter().chain([starts, &first, &later]).collect();
        for (step, generations) in GENERATIONS.into_iter().enumerate() {
            let trials = initial + GENERATION * generations;
            let own = self.run(store.path(), seed, trials, &sets)?;
            let last = step + 1 == GENERATIONS.len();
            open.retain(|&(number, by)| {
                let target = targets[number];
                let behind = if by == 0 { own.low > target.high } else { own.quality > target.quality };
                if behind && !last {
                    return true;
                }
                let share = if behind { f64::INFINITY } else { own.computed / target.naive };
                println!(
                    "| {way} | {} | {seed} | {:.4} | {:.2e} | {:.0} | {} | {:.4} | {trials} | {:.2e} | {:.0} | {share:.3} |",
                    SCHEDULES[number].name,
                    target.quality,
                    target.naive,
                    target.seconds,
                    BY[by],
                    own.quality,
                    own.computed,
                    own.seconds,
                );
                shares[number][by].push(share);
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
        for set in sets {
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
                low: number("/best/report/kl/low")?,
                high: number("/best/report/kl/high")?,
                computed: number("/work/computed")?,
                // What is measured beside the trials is no part of a schedule.
                naive: number("/work/naive")? - number("/work/measuring")?,
                seconds: number("/seconds")?,
            })
        };
        reached().ok_or_else(|| BenchError::Output { program: program(), expected: "finished event" })
    }
}
