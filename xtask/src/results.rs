//! `results`: reruns the studies behind docs/results.md and writes the page.
//!
//! Every study is a profile in `profiles/results/<row>/`. Its store is under `target/`, so a study that was interrupted
//! continues and one that is finished is not run again; what the page needs of it is kept in `docs/results/data`, so the
//! page can be written without running anything.

mod done;
mod estimate;
mod front;
mod page;
mod plot;
mod row;
mod study;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use row::Row;
use study::Study;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResultsError {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    /// A file does not hold what it should.
    #[error("{path}: {source}; remove it and run the row again")]
    Data { path: PathBuf, source: serde_json::Error },
    /// A row that is not there.
    #[error("there is no row `{found}`; the rows are {known}")]
    NoRow { found: String, known: String },
    /// `attune` could not be run.
    #[error("cannot run attune: {0}")]
    Spawn(std::io::Error),
    /// A study failed.
    #[error("study `{study}` ended with {status}; run the row again to continue it")]
    Failed { study: String, status: ExitStatus },
    /// A study ended without its result.
    #[error("study `{study}` printed no finished event")]
    NoResult { study: String },
    /// A plot could not be drawn.
    #[error("{path}: {reason}")]
    Plot { path: PathBuf, reason: String },
}

/// Runs the studies of `only` or of every row that are not finished, by `program` or a release build, then writes the page; with
/// `page_only` just that.
pub(crate) fn run(
    root: &Path,
    only: &[String],
    page_only: bool,
    program: Option<&Path>,
) -> Result<String, ResultsError> {
    let rows = Row::all(root)?;
    if let Some(found) = only.iter().find(|name| rows.iter().all(|row| row.name != **name)) {
        let known = rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(ResultsError::NoRow { found: found.clone(), known });
    }
    let wanted = |row: &&Row| !page_only && (only.is_empty() || only.contains(&row.name));
    for row in rows.iter().filter(wanted) {
        for study in &row.studies {
            if study.result(root)?.is_none() {
                study.run(root, program)?;
            }
        }
    }
    page::write_all(root, &rows)
}

fn read(path: &Path) -> Result<String, ResultsError> {
    std::fs::read_to_string(path).map_err(|source| ResultsError::File { path: path.to_owned(), source })
}

fn write(path: &Path, text: &str) -> Result<(), ResultsError> {
    let failed = |source| ResultsError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

/// Names in a folder, sorted; none when there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, ResultsError> {
    let failed = |source| ResultsError::File { path: folder.to_owned(), source };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        names.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
