//! `fuzz`: the targets of `tests/examples/fuzz`, built and run.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use serde::Deserialize;

/// Why fuzzing did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FuzzError {
    /// The program could not be run.
    #[error("cannot run cargo: {0}")]
    Spawn(#[from] std::io::Error),
    /// It does not compile; cargo has said why.
    #[error("building the fuzz targets ended with {0}")]
    NotBuilt(ExitStatus),
    /// Cargo did not say where it is.
    #[error("cargo built the example `fuzz` of attune-tests and did not say where it is")]
    NoProgram,
    /// It failed, or something panicked.
    #[error(
        "fuzzing ended with {0}; what panicked is in files fuzz-TARGET-HASH here, and runs again with \
         `cargo run -p attune-tests --example fuzz -- TARGET --input FILE`"
    )]
    Failed(ExitStatus),
}

/// Fuzzes one target or all of them for `seconds` together.
pub(crate) fn run(root: &Path, target: Option<&str>, seconds: u64, seed: u64) -> Result<String, FuzzError> {
    let mut fuzz = Command::new(built(root)?);
    fuzz.current_dir(root).args(target);
    let status = fuzz.args(["--seconds", &seconds.to_string(), "--seed", &seed.to_string()]).status()?;
    if status.success() { Ok("nothing panicked".to_owned()) } else { Err(FuzzError::Failed(status)) }
}

/// Builds the program. `--workspace` gives its dependencies the features that the tests give them, so that nothing is built
/// twice, which `cargo run` cannot.
fn built(root: &Path) -> Result<PathBuf, FuzzError> {
    let build = ["build", "--quiet", "--workspace", "--example", "fuzz"];
    let output = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(build)
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(FuzzError::NotBuilt(output.status));
    }
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let executable = messages.filter_map(|line| serde_json::from_slice::<Artifact>(line).ok());
    executable.filter_map(|artifact| artifact.executable).next_back().ok_or(FuzzError::NoProgram)
}

/// What cargo says about something that it built.
#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
}
