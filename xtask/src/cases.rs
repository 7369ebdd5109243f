//! `cases`: edited config.json and weight files, read as transformers reads them or refused by name.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// The version whose numbers are compared with those of the newest one.
const OLD: &str = "transformers==4.57.6";
/// What the test is called that compares, and what its line of numbers ends with.
const TEST: &str = "configs_are_read_as_transformers_reads_them_or_refused_by_name";
const NUMBERS: &str = "silent differences";

/// Why the cases did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CasesError {
    /// A program could not be run.
    #[error("cannot run {program}: {source}")]
    Spawn { program: String, source: std::io::Error },
    /// The folder is no virtual environment.
    #[error("{} is no virtual environment: it has no bin/python", .0.display())]
    NoPython(PathBuf),
    /// The older version could not be installed.
    #[error("installing {OLD} into {} ended with {status}", folder.display())]
    NotInstalled { folder: PathBuf, status: ExitStatus },
    /// Recording failed; the script has said why.
    #[error("tests/golden/config_cases.py ended with {0}")]
    NotRecorded(ExitStatus),
    /// The test failed: a silent difference, or a message that does not name what was edited.
    #[error("comparing ended with {0}; the cases that differ are listed above")]
    Failed(ExitStatus),
    /// The test printed no line of numbers.
    #[error("the test printed no numbers")]
    NoNumbers,
}

/// Compares with what is recorded; with a virtual environment `venv`, records it anew before. `old` is a folder with the
/// older version; without one it is installed below the build folder.
pub(crate) fn run(root: &Path, venv: Option<&Path>, old: Option<&Path>) -> Result<String, CasesError> {
    if let Some(venv) = venv {
        record(root, venv, old)?;
    }
    compare(root)
}

fn record(root: &Path, venv: &Path, old: Option<&Path>) -> Result<(), CasesError> {
    let python = venv.join("bin/python");
    if !python.exists() {
        return Err(CasesError::NoPython(venv.to_owned()));
    }
    let spawn = |source| CasesError::Spawn { program: python.display().to_string(), source };
    let folder = old.map_or_else(|| root.join("target/transformers-old"), Path::to_owned);
    if !folder.exists() {
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--target"]).arg(&folder).arg(OLD);
        let status = install.status().map_err(spawn)?;
        if !status.success() {
            return Err(CasesError::NotInstalled { folder, status });
        }
    }
    let mut script = Command::new(&python);
    script.arg(root.join("tests/golden/config_cases.py")).arg("--old").arg(&folder);
    let status = script.status().map_err(spawn)?;
    if status.success() { Ok(()) } else { Err(CasesError::NotRecorded(status)) }
}

/// `--workspace` gives dependencies the features that all tests give them, so that nothing is built twice.
fn compare(root: &Path) -> Result<String, CasesError> {
    let spawn = |source| CasesError::Spawn { program: "cargo".to_owned(), source };
    let mut test = Command::new(env!("CARGO"));
    test.current_dir(root).args([
        "test",
        "--quiet",
        "--workspace",
        "--test",
        "all",
        "--",
        TEST,
        "--nocapture",
    ]);
    let mut test = test.stdout(Stdio::piped()).spawn().map_err(spawn)?;
    let mut numbers = None;
    for line in test.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
        let line = line.map_err(spawn)?;
        println!("{line}");
        if line.ends_with(NUMBERS) {
            numbers = Some(line);
        }
    }
    let status = test.wait().map_err(spawn)?;
    if !status.success() {
        return Err(CasesError::Failed(status));
    }
    numbers.ok_or(CasesError::NoNumbers)
}
