//! Options of `studies`.

use clap::Subcommand;
use clap_complete::engine::ArgValueCandidates;

use crate::completions;

#[derive(Subcommand)]
pub(crate) enum StudiesCommand {
    /// Remove studies. What they evaluated stays in the cache, for others.
    Rm {
        /// The studies, as `attune studies` lists them.
        #[arg(required = true, value_name = "STUDY", add = ArgValueCandidates::new(completions::studies))]
        studies: Vec<String>,
        /// Do not ask.
        #[arg(long, short)]
        yes: bool,
    },
    /// Give a study another name.
    Mv {
        /// The study.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        study: String,
        /// Its new name.
        to: String,
    },
    /// Copy a study under another name: its trials so far, and from there on a life of its own.
    Cp {
        /// The study.
        #[arg(add = ArgValueCandidates::new(completions::studies))]
        study: String,
        /// The name of the copy.
        to: String,
    },
}
