//! How a profile is read, run, continued and exported: what a command line says beside the profile.

use std::path::PathBuf;

/// Which profile, and what stands in the place of its values.
#[derive(Clone, Debug, Default)]
pub struct ProfileOptions {
    /// The profile: a RON file. Paths inside it are relative to it.
    pub file: PathBuf,
    /// Values of keys, as `--set KEY=VALUE` gives them.
    pub sets: Vec<(String, String)>,
    /// Seed, instead of the profile's.
    pub seed: Option<u64>,
    /// Number of trials, instead of the profile's.
    pub trials: Option<u64>,
    /// The model's folder, instead of the profile's.
    pub model: Option<PathBuf>,
}

impl ProfileOptions {
    /// The profile in `file` as it is.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), ..Self::default() }
    }
}

/// How a profile is run; the result depends on none of it but the numerics of the device.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The profile's file, which need not exist any more: paths of the profile are relative to its folder.
    pub profile: PathBuf,
    /// Name of the study in the store; `None` is the profile's.
    pub study: Option<String>,
    /// Where to evaluate, as `--device`.
    pub device: String,
    /// Evaluator calls at a time; `None` is what the device can use.
    pub workers: Option<u16>,
    /// Bytes for activations of candidates; `None` is in proportion to the model.
    pub activation_memory: Option<u64>,
}

impl RunOptions {
    /// The profile in `profile`, under its own name, on `device`.
    pub fn new(profile: impl Into<PathBuf>, device: &str) -> Self {
        Self {
            profile: profile.into(),
            study: None,
            device: device.to_owned(),
            workers: None,
            activation_memory: None,
        }
    }
}

/// How a study is continued that the store holds.
#[derive(Clone, Debug)]
pub struct ContinueOptions {
    /// The study.
    pub study: String,
    /// The folder that the profile's paths are relative to; `None` is where the profile was.
    pub base: Option<PathBuf>,
    /// The model's folder, when it is no longer where the study ran.
    pub model: Option<PathBuf>,
    /// Where to evaluate, as `--device`.
    pub device: String,
    /// Number of trials; `None` is what the last run was to reach.
    pub trials: Option<u64>,
    /// As in [`RunOptions`].
    pub workers: Option<u16>,
    /// As in [`RunOptions`].
    pub activation_memory: Option<u64>,
}

impl ContinueOptions {
    /// As it was, on `device`.
    pub fn new(study: impl Into<String>, device: &str) -> Self {
        Self {
            study: study.into(),
            base: None,
            model: None,
            device: device.to_owned(),
            trials: None,
            workers: None,
            activation_memory: None,
        }
    }
}

/// What is exported, and where to.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// The study.
    pub study: String,
    /// The target: its name, as `attune export --to` takes it; `None` is the one that the study was searched for.
    pub to: Option<String>,
    /// The model's folder, when it is no longer where the study ran.
    pub model: Option<PathBuf>,
    /// A new or empty folder for the files, or one with an earlier export of the same study, which is replaced.
    pub out: PathBuf,
    /// This trial instead of the winner.
    pub trial: Option<u64>,
    /// Also where the target expresses the plan only approximately.
    pub approximate: bool,
}
