//! docs/results.md: a section for every row.

use std::fmt::Write as _;
use std::path::Path;

use super::done::Done;
use super::row::Row;
use super::{ResultsError, plot, read, table, write};

/// Writes the page and its plots from what is kept of the studies.
pub(super) fn write_all(root: &Path, rows: &[Row]) -> Result<String, ResultsError> {
    let docs = root.join("docs");
    let mut page = read(&docs.join("results/head.md"))?;
    let (mut done, mut total) = (0, 0);
    for row in rows {
        total += row.studies.len();
        let mut finished = Vec::new();
        for study in &row.studies {
            if let Some(result) = study.result(root)? {
                let metric = objective(&read(&study.profile)?);
                finished.push(Done { label: &study.label, seed: study.seed, metric, result });
            }
        }
        done += finished.len();
        page += "\n";
        page += row.text.trim();
        page += "\n\n";
        if finished.len() < row.studies.len() {
            let missing = row.studies.len() - finished.len();
            let _ = writeln!(
                page,
                "**{missing} of {} studies have not been run**: `cargo xtask results {}`.\n",
                row.studies.len(),
                row.name
            );
        }
        if finished.is_empty() {
            continue;
        }
        page += &table::all(&finished);
        for (title, file) in plot::all(&docs.join("results"), &row.name, &finished)? {
            let _ = write!(page, "\n![{title}](results/{file})\n");
        }
    }
    write(&docs.join("results.md"), &page)?;
    Ok(format!("docs/results.md has {done} of {total} studies"))
}

/// The first metric that a profile minimises or maximises.
fn objective(profile: &str) -> String {
    let rest = profile.split_once("metric: \"").map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or("").to_owned()
}
