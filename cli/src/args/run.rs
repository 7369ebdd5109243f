//! Options of `run`.

use std::path::PathBuf;

use attune::{Study, StudyBuilder};
use clap_complete::engine::ArgValueCandidates;

use super::values::{key_value, size};
use crate::{completions, paths};

#[derive(clap::Args)]
pub(crate) struct RunArgs {
    /// The profile: a RON file. Paths inside it are relative to it.
    #[arg(value_parser = paths::parser())]
    pub(crate) profile: PathBuf,
    /// Name of the study in the store [default: the profile's name].
    #[arg(long, value_name = "NAME")]
    pub(crate) study: Option<String>,
    /// The model's folder, instead of the profile's: where it is now. A study goes on with the same model only.
    #[arg(long, value_name = "DIR", value_parser = paths::parser())]
    pub(crate) model: Option<PathBuf>,
    /// Where to evaluate: auto, cpu, vulkan[:N], wgpu[:N], cuda[:N], metal, rocm[:N]. All but cpu need a
    /// build with the cargo feature of that name.
    #[arg(long, default_value = "auto", value_name = "DEVICE", add = ArgValueCandidates::new(completions::devices))]
    pub(crate) device: String,
    /// Seed, instead of the profile's.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Number of trials, instead of the profile's. More than before extends a finished study.
    #[arg(long, value_name = "N")]
    pub(crate) trials: Option<u64>,
    /// Override one key of the profile, for example `--set items=8` or `--set technique.options.keep=2`.
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    #[arg(add = ArgValueCandidates::new(completions::keys))]
    pub(crate) sets: Vec<(String, String)>,
    /// Evaluations at once [default: what the device can use]. The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) workers: Option<u16>,
    /// Memory for activations of candidates, and half as much for results of the dense model, for example 512M or 8G
    /// [default: 384M, or four times the weights of a larger model, within a quarter of what is free]. The result does not
    /// depend on it.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) activation_memory: Option<u64>,
    /// One JSON object per event on stdout; the last one is `finished`.
    #[arg(long)]
    pub(crate) json: bool,
}

impl RunArgs {
    /// The study that is asked for.
    pub(crate) fn study(&self) -> StudyBuilder {
        let numbers = [("seed", self.seed), ("trials", self.trials)];
        let numbers =
            numbers.into_iter().filter_map(|(key, number)| Some((key.to_owned(), number?.to_string())));
        let mut study = Study::builder().profile_file(&self.profile).device(&self.device);
        for (key, value) in self.sets.iter().cloned().chain(numbers) {
            study = study.set(key, value);
        }
        if let Some(model) = &self.model {
            study = study.model(model);
        }
        if let Some(name) = &self.study {
            study = study.name(name);
        }
        if let Some(workers) = self.workers {
            study = study.workers(workers);
        }
        match self.activation_memory {
            Some(bytes) => study.activation_memory(bytes),
            None => study,
        }
    }
}
