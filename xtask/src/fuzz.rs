//! `fuzz`: the targets of `tests/examples/fuzz`, built and run.

use std::path::Path;
use std::process::{Command, ExitStatus};

/// Why fuzzing did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FuzzError {
    /// The program could not be run.
    #[error("cannot run cargo: {0}")]
    Spawn(#[from] std::io::Error),
    /// It failed, or something panicked.
    #[error(
        "fuzzing ended with {0}; what panicked is in files fuzz-TARGET-HASH here, and runs again with \
         `cargo run -p attune-tests --example fuzz -- TARGET --input FILE`"
    )]
    Failed(ExitStatus),
}

/// Fuzzes one target or all of them for `seconds` together.
pub(crate) fn run(root: &Path, target: Option<&str>, seconds: u64, seed: u64) -> Result<String, FuzzError> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(root)
        .args(["run", "--quiet", "-p", "attune-tests", "--example", "fuzz", "--"])
        .args(target);
    let status = cargo.args(["--seconds", &seconds.to_string(), "--seed", &seed.to_string()]).status()?;
    if status.success() { Ok("nothing panicked".to_owned()) } else { Err(FuzzError::Failed(status)) }
}
