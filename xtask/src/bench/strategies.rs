//! Strategies against peers on generated problems, and the page that says who is ahead.
//!
//! The problems are made by `search/examples/strategies`, which also searches them, optimised. What peers found is kept in
//! `docs/strategies-bench/peers.csv`, each line with the hash of its problem file, so that the page can be made anew without
//! them; lines of other problem files count for nothing.

mod cells;
mod comparisons;
mod page;
mod results;
mod statistics;
mod times;

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use super::BenchError;

/// Seeds of the instances that the page is about; those from 1 on are to tune with.
const FIRST: u64 = 1001;
/// Instances of every problem that the page is about.
pub(crate) const SEEDS: u64 = 20;
const FOLDER: &str = "docs/strategies-bench";

/// What to run.
pub(crate) struct Wanted<'a> {
    /// Strategies; all of them without any. A part of the strategies, instances or problems has a folder of its own, and its
    /// tables are printed.
    pub(crate) strategies: &'a [String],
    /// An interpreter with `requirements.txt`: search with peers what is not searched yet.
    pub(crate) peers: Option<&'a Path>,
    /// On the instances to tune with. Prints the tables and writes no page.
    pub(crate) tuning: bool,
    /// Instances of every problem, and runs of every method.
    pub(crate) seeds: u64,
    /// Problems whose name contains this.
    pub(crate) problems: &'a str,
    /// Takes the last results of all strategies.
    pub(crate) page: bool,
}

impl Wanted<'_> {
    /// Where what is searched is kept. The page is made of `report` alone, which only a whole run replaces.
    fn set(&self) -> &'static str {
        let part = !self.strategies.is_empty() || !self.problems.is_empty() || self.seeds != SEEDS;
        match (self.tuning, part && !self.page) {
            (true, _) => "tuning",
            (false, true) => "part",
            (false, false) => "report",
        }
    }
}

/// `bench strategies`.
pub(crate) fn strategies(root: &Path, wanted: &Wanted<'_>) -> Result<String, BenchError> {
    let set = wanted.set();
    let kept = root.join("target/strategies-bench").join(set);
    let problems = kept.join("problems");
    fs::create_dir_all(&kept).map_err(BenchError::file(&kept))?;
    let own = kept.join("attune.csv");
    if !wanted.page {
        if problems.exists() {
            fs::remove_dir_all(&problems).map_err(BenchError::file(&problems))?;
        }
        let first = if wanted.tuning { 1 } else { FIRST };
        let (folder, first, seeds) =
            (problems.to_string_lossy(), first.to_string(), wanted.seeds.to_string());
        example(root, &["problems", &folder, &first, &seeds, wanted.problems], Stdio::inherit())?;
        // A run that fails leaves the last results.
        let part = kept.join("attune.csv.part");
        let lines = File::create(&part).map_err(BenchError::file(&part))?;
        let names = wanted.strategies.iter().map(String::as_str);
        let run: Vec<&str> = ["run", &*folder].into_iter().chain(names).collect();
        example(root, &run, lines.into())?;
        fs::rename(&part, &own).map_err(BenchError::file(&own))?;
    }
    let peers = if wanted.tuning { kept.join("peers.csv") } else { root.join(FOLDER).join("peers.csv") };
    if let Some(python) = wanted.peers {
        let script = root.join("xtask/src/bench/strategies/peers.py");
        let mut command = Command::new(python);
        command.arg(script).arg("run").arg(&problems).arg(&peers);
        finish("the peers' script".to_owned(), command.args(["--match", wanted.problems]))?;
    }
    let results = results::read(&problems, &[own, peers])?;
    if set != "report" {
        return Ok(page::tables(&results, ""));
    }
    page::write(root, FOLDER, &results)
}

/// The problems' program, optimised: its times are on the page.
fn example(root: &Path, args: &[&str], output: Stdio) -> Result<(), BenchError> {
    let mut command = Command::new("cargo");
    command.args(["run", "--release", "-q", "-p", "attune-search", "--example", "strategies", "--"]);
    finish("the strategies example".to_owned(), command.args(args).current_dir(root).stdout(output))
}

fn finish(program: String, command: &mut Command) -> Result<(), BenchError> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(BenchError::Failed { program, status }),
        Err(source) => Err(BenchError::Spawn { program, source }),
    }
}
