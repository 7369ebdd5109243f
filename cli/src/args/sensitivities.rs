//! Options of `sensitivities`.

use std::path::PathBuf;

use clap_complete::engine::ArgValueCandidates;

use super::values::{key_value, size};
use crate::{completions, paths};

#[derive(clap::Args)]
pub(crate) struct SensitivitiesArgs {
    /// A study of the store, or a profile: a RON file.
    #[arg(value_name = "STUDY|PROFILE", add = ArgValueCandidates::new(completions::studies))]
    pub(crate) of: String,
    /// The form: `csv` (a row for each choice), `mlx` (JSON for `mlx_lm.dynamic_quant --sensitivities`) or `exl3`
    /// (measurement.json for ExLlamaV3's `util/optimize.py`).
    #[arg(long, default_value = "csv", value_name = "FORM", value_parser = ["csv", "mlx", "exl3"])]
    pub(crate) format: String,
    /// Of which bits `mlx` (a lower and a higher number) or `exl3` tells [default: all below 16 that are searched].
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=16))]
    pub(crate) bits: Vec<u32>,
    /// A file for the table, which is replaced [default: standard output].
    #[arg(long, value_name = "FILE", value_parser = paths::parser())]
    pub(crate) out: Option<PathBuf>,
    /// The folder that the profile's paths are relative to, for a study [default: where the profile was].
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) base: Option<PathBuf>,
    /// The model's folder, when it is another one than the profile's.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) model: Option<PathBuf>,
    /// Where to evaluate, as for `run`.
    #[arg(long, default_value = "auto", value_name = "DEVICE", add = ArgValueCandidates::new(completions::devices))]
    pub(crate) device: String,
    /// Override one key of a profile, as for `run`.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    #[arg(add = ArgValueCandidates::new(completions::keys))]
    pub(crate) sets: Vec<(String, String)>,
    /// Evaluations at once, as for `run`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// Memory for activations of candidates, as for `run`.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) activation_memory: Option<u64>,
}
