//! What is done with evaluators.

use std::path::PathBuf;

use attune_core::profile::EvaluatorChoice;
use clap::Subcommand;
use clap_complete::engine::ArgValueCandidates;

use super::values::key_value;
use crate::{completions, paths};

#[derive(Subcommand)]
pub(crate) enum EvaluatorCommand {
    /// List the evaluators that come with attune, and their tasks.
    List {
        /// One JSON object with all of them, each as `show --json` has it.
        #[arg(long)]
        json: bool,
    },
    /// Show what an evaluator does, its edits, its tasks, their metrics, options and defaults.
    Show {
        #[command(flatten)]
        evaluator: EvaluatorArgs,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Write a new project in a folder of its name: an evaluator in Rust that becomes a component, a study of it and a page about itself.
    New {
        /// Name of the evaluator: lower-case letters, digits and hyphens.
        name: String,
    },
    /// Make the component of a project, write it as NAME.wasm there, and check it.
    ///
    /// What makes the component (cargo) runs what the project tells it to, build scripts included: of a stranger's evaluator, check the
    /// component.
    Build {
        /// Folder of the project.
        #[arg(default_value = ".", value_name = "DIR", value_parser = paths::parser())]
        folder: PathBuf,
    },
    /// Open an evaluator as a study would and try everything that evaluators promise, on plans that are made up.
    Check {
        #[command(flatten)]
        evaluator: EvaluatorArgs,
        /// The profile whose model and task it is tried on [default: one that comes with attune].
        #[arg(long, value_name = "FILE", value_parser = paths::parser())]
        profile: Option<PathBuf>,
        /// The model, instead of the profile's: a folder, or what the evaluator takes in its place.
        #[arg(long)]
        model: Option<String>,
        /// Data to tune on, instead of the profile's.
        #[arg(long, value_name = "FILE")]
        selection: Option<String>,
        /// Data to report on, instead of the profile's.
        #[arg(long, value_name = "FILE")]
        report: Option<String>,
        /// Override one key of the profile, as for `run`: `--set evaluator.options.NAME=…`, `--set task.NAME=…`.
        #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
        #[arg(add = ArgValueCandidates::new(completions::keys))]
        sets: Vec<(String, String)>,
        /// Where to evaluate, as for `run`.
        #[arg(long, default_value = "cpu", value_name = "DEVICE", add = ArgValueCandidates::new(completions::devices))]
        device: String,
    },
}

impl EvaluatorCommand {
    /// Whether standard output is for scripts.
    pub(super) fn is_json(&self) -> bool {
        match self {
            Self::List { json } | Self::Show { json, .. } => *json,
            Self::New { .. } | Self::Build { .. } | Self::Check { .. } => false,
        }
    }
}

/// An evaluator: one that has a name, or a program.
#[derive(clap::Args)]
pub(crate) struct EvaluatorArgs {
    /// An evaluator, as `attune evaluator list` names it, or the path of a `.wasm` file.
    #[arg(add = ArgValueCandidates::new(completions::evaluators))]
    #[arg(required_unless_present = "command", conflicts_with = "command")]
    name: Option<String>,
    /// A program that is an evaluator (docs/evaluator-protocol.md), with its arguments, in the place of a name.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl EvaluatorArgs {
    /// The evaluator that is meant.
    pub(crate) fn choice(&self) -> EvaluatorChoice {
        let (name, command) = (self.name.clone().unwrap_or_default(), self.command.clone());
        EvaluatorChoice { command, ..EvaluatorChoice::named(name) }
    }
}
