//! What is done with targets.

use clap::Subcommand;
use clap_complete::engine::ArgValueCandidates;

use crate::completions;

#[derive(Subcommand)]
pub(crate) enum TargetCommand {
    /// List the targets, with the edits that they take.
    List {
        /// One JSON object with all of them, each as `show --json` has it.
        #[arg(long)]
        json: bool,
    },
    /// Show what a target takes of which edits, how exactly, and how that was checked.
    Show {
        /// A target, as `attune target list` names it.
        #[arg(add = ArgValueCandidates::new(completions::targets))]
        name: String,
        /// One JSON object.
        #[arg(long)]
        json: bool,
    },
}

impl TargetCommand {
    /// Whether standard output is for scripts.
    pub(super) fn is_json(&self) -> bool {
        match self {
            Self::List { json } | Self::Show { json, .. } => *json,
        }
    }
}
