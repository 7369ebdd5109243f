//! Options of `continue`.

use std::path::PathBuf;

use attune::run_options::ContinueOptions;
use clap_complete::engine::ArgValueCandidates;

use super::values::size;
use crate::{completions, paths};

#[derive(clap::Args)]
pub(crate) struct ContinueArgs {
    /// The study.
    #[arg(add = ArgValueCandidates::new(completions::studies))]
    pub(crate) study: String,
    /// The folder that the profile's paths are relative to [default: where the profile was].
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) base: Option<PathBuf>,
    /// The model's folder, when it is no longer where the study ran.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) model: Option<PathBuf>,
    /// Where to evaluate, as for `run`.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub(crate) device: String,
    /// Number of trials [default: what the last run was to reach]. More than before extends a finished study.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,
    /// Evaluations at once, as for `run`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// Memory for activations of candidates, as for `run`.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) activation_memory: Option<u64>,
    /// One JSON object per event on stdout; the last one is `finished`.
    #[arg(long)]
    pub(crate) json: bool,
}

impl ContinueArgs {
    /// How the study is continued.
    pub(crate) fn options(&self) -> ContinueOptions {
        ContinueOptions {
            base: self.base.clone(),
            model: self.model.clone(),
            trials: self.trials,
            workers: self.workers,
            activation_memory: self.activation_memory,
            ..ContinueOptions::new(&self.study, &self.device)
        }
    }
}
