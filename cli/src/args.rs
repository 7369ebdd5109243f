//! The command line. Scripts rely on it: options may be added, none may go.

mod continuation;
mod evaluator;
mod export;
mod run;
mod sensitivities;
mod studies;
mod target;
mod technique;
mod values;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::engine::ArgValueCandidates;

pub(crate) use continuation::ContinueArgs;
pub(crate) use evaluator::EvaluatorCommand;
pub(crate) use export::ExportArgs;
pub(crate) use run::RunArgs;
pub(crate) use sensitivities::SensitivitiesArgs;
pub(crate) use studies::StudiesCommand;
pub(crate) use target::TargetCommand;
pub(crate) use technique::TechniqueCommand;

use crate::{completions, paths, topics};

/// What the number says that the program ends with.
const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed while running, 2 wrong usage or bad input, 130 interrupted \
                          (run the same command again to continue).";

/// Find the best compressed configuration of a model by running it, and hand it to your engine.
#[derive(Parser)]
#[command(name = "attune", version, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = format!("`attune help` lists topics: chapters of the book.\n\n{EXIT_CODES}"))]
#[command(after_long_help = format!("{}\n{EXIT_CODES}", topics::listed()))]
pub(crate) struct Args {
    /// Where studies are kept.
    #[arg(long, global = true, env = "ATTUNE_STORE", default_value = ".attune", value_name = "DIR")]
    #[arg(hide_env_values = true, value_parser = paths::parser())]
    pub(crate) store: PathBuf,

    /// What to do; without a command, on a terminal, the screens open.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the study that a profile describes, continue it, or print its stored result.
    ///
    /// The same profile resumes where it was interrupted and, when it is finished, prints the stored
    /// result without evaluating anything. Progress goes to stderr, the result to stdout.
    Run(RunArgs),
    /// List the studies in the store; remove, rename or copy one.
    #[command(args_conflicts_with_subcommands = true)]
    Studies {
        /// One JSON object per study.
        #[arg(long)]
        json: bool,
        /// What to do with a study; without it, they are listed.
        #[command(subcommand)]
        command: Option<StudiesCommand>,
    },
    /// Go on with a study where it stands. It holds its profile: nothing has to be typed again.
    Continue(ContinueArgs),
    /// Compare the results of two studies and the configs that they found, side by side.
    Compare {
        /// One study.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        a: String,
        /// The other one.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        b: String,
        /// One JSON object with both results.
        #[arg(long)]
        json: bool,
    },
    /// Show the result of a study: the found config, what it costs, and what it was compared with.
    Show {
        /// The study, as `attune studies` lists it.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        study: String,
        /// The object of the `finished` event of `run --json`.
        #[arg(long)]
        json: bool,
    },
    /// Write the sensitivity table of a study: what every choice of the search does to the loss on its own.
    ///
    /// It is what `profiling` and `hybrid` plan with. What a study has evaluated for it comes from the store, the rest is
    /// evaluated now; no trial is run. A profile takes such a table as `strategy.sensitivities`.
    Sensitivities(SensitivitiesArgs),
    /// Write the winner (or another trial) of a study as files that another engine loads.
    Export(ExportArgs),
    /// List, show, write, build and check techniques.
    #[command(subcommand)]
    Technique(TechniqueCommand),
    /// List, show and check evaluators.
    #[command(subcommand)]
    Evaluator(EvaluatorCommand),
    /// List and show targets: the engines that results are exported to, and what they take.
    #[command(subcommand)]
    Target(TargetCommand),
    /// Check devices, evaluators, techniques, targets and the store.
    Doctor {
        /// Rebuild a damaged database from the journals. The damaged one is moved aside, not deleted.
        #[arg(long)]
        repair: bool,
    },
    /// Explain a command, or a topic: a chapter of the book.
    Help {
        /// A command, with its own commands behind it, or a topic; without it, both are listed.
        #[arg(value_name = "COMMAND|TOPIC", add = ArgValueCandidates::new(completions::topics))]
        about: Vec<String>,
    },
    /// Write man pages: one of every command (section 1) and of every topic of `attune help` (section 7).
    Man {
        /// A folder for the pages, for example `~/.local/share/man/man1`; pages that are there are replaced.
        #[arg(long, value_name = "DIR", value_parser = paths::parser())]
        out: PathBuf,
    },
    /// Print the script that makes a shell complete commands, studies, targets and devices, for example
    /// `source <(attune completions bash)`.
    Completions {
        /// bash, zsh, fish, elvish or powershell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Whether standard output is for scripts: then a failure is an object on it, too.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Run(run) => run.json,
            Self::Continue(asked) => asked.json,
            Self::Studies { json, .. } | Self::Show { json, .. } | Self::Compare { json, .. } => *json,
            Self::Technique(command) => command.is_json(),
            Self::Evaluator(command) => command.is_json(),
            Self::Target(command) => command.is_json(),
            Self::Export(export) => export.json,
            Self::Sensitivities(_)
            | Self::Doctor { .. }
            | Self::Help { .. }
            | Self::Man { .. }
            | Self::Completions { .. } => false,
        }
    }

    /// Whether it has to hear of signals: it runs a study, or is about an evaluator, which may be a program. The others do
    /// nothing that is lost when the system ends this process by itself.
    pub(crate) fn needs_signals(&self) -> bool {
        matches!(self, Self::Run(_) | Self::Continue(_) | Self::Sensitivities(_) | Self::Evaluator(_))
    }
}
