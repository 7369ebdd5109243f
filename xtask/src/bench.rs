//! Speed as ratios against a baseline in one run. No test asserts any of it.

mod search;
mod strategies;

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use search::search;
pub(crate) use strategies::{SEEDS, Wanted, strategies};

/// Why a benchmark has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// A program could not be run.
    #[error("cannot run {program}: {source}")]
    Spawn { program: String, source: std::io::Error },
    /// A program failed.
    #[error("{program} ended with {status}")]
    Failed { program: String, status: std::process::ExitStatus },
    /// A program printed something else than expected.
    #[error("{program} printed no {expected}")]
    Output { program: String, expected: &'static str },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    /// A working folder could not be made.
    #[error("cannot make a temporary folder: {0}")]
    Folder(std::io::Error),
}

impl BenchError {
    /// What went wrong with a file.
    fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// `bench population`: plans together against plans alone, on every model that is there.
pub(crate) fn population(root: &Path) -> Result<String, BenchError> {
    let cases = [("models/tiny-moe", "models/tiny-moe/data/prose", "16", "128"), {
        ("models/smollm2", "models/smollm2/data/wikipedia", "2", "128")
    }];
    let mut done = Vec::new();
    for (model, text, items, length) in cases {
        if !root.join(model).join("config.json").exists() {
            println!("{model} is not here; `cargo xtask fetch` gets it");
            continue;
        }
        let example = ["run", "--release", "-q", "-p", "attune-eval", "--example", "population", "--"];
        let status =
            Command::new("cargo").args(example).args([model, text, items, length]).current_dir(root).status();
        let program = || format!("the population example on {model}");
        let status = status.map_err(|source| BenchError::Spawn { program: program(), source })?;
        if !status.success() {
            return Err(BenchError::Failed { program: program(), status });
        }
        done.push(model);
    }
    Ok(format!("measured {}", done.join(", ")))
}
