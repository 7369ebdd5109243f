//! Options of `export`.

use std::path::PathBuf;

use attune::run_options::ExportOptions;
use clap_complete::engine::ArgValueCandidates;

use crate::{completions, paths};

#[derive(clap::Args)]
pub(crate) struct ExportArgs {
    /// The study.
    #[arg(add = ArgValueCandidates::new(completions::studies))]
    pub(crate) study: String,
    /// The target, one of `attune target list`: `plan` (versioned JSON, every technique), `hf`, `gguf`, `mlx`, `vllm` and more
    /// [default: the one that the study was searched for].
    #[arg(long, value_name = "TARGET", add = ArgValueCandidates::new(completions::targets))]
    pub(crate) to: Option<String>,
    /// The model's folder, when it is no longer where the study ran.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) model: Option<PathBuf>,
    /// A new or empty folder for the files, or one with an earlier export of the same study, which is replaced.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) out: PathBuf,
    /// Export this trial instead of the winner.
    #[arg(long, value_name = "ID")]
    pub(crate) trial: Option<u64>,
    /// Export even where the target expresses the plan only approximately.
    #[arg(long)]
    pub(crate) approximate: bool,
    /// Have an engine of the target that is on this machine run what was exported, and compare it with what was scored;
    /// exit code 1 when it computes something else.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

impl ExportArgs {
    /// What is exported, and where to.
    pub(crate) fn options(&self) -> ExportOptions {
        ExportOptions {
            study: self.study.clone(),
            to: self.to.clone(),
            model: self.model.clone(),
            out: self.out.clone(),
            trial: self.trial,
            approximate: self.approximate,
        }
    }
}
