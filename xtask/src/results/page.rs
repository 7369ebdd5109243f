//! docs/results.md: a section for every row.

use std::fmt::Write as _;
use std::path::Path;

use super::done::{Done, Objective};
use super::row::Row;
use super::{ResultsError, plot, read, table, write};

/// Writes the page and its plots from what is kept of the studies.
pub(super) fn write_all(root: &Path, rows: &[Row]) -> Result<String, ResultsError> {
    let docs = root.join("docs");
    let mut page = read(&docs.join("results/head.md"))?;
    let (mut done, mut total) = (0, 0);
    for row in rows {
        total += row.studies.len();
        let mut results = Vec::new();
        for study in &row.studies {
            if let Some(result) = study.result(root)? {
                results.push((study, Objective::all(&read(&study.profile)?), result));
            }
        }
        let finished: Vec<Done<'_>> = results
            .iter()
            .map(|(study, objectives, result)| Done {
                label: &study.label,
                seed: study.seed,
                objectives,
                result,
            })
            .collect();
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
        page += &table::all(&finished, &row.work);
        for (title, file) in plot::all(&docs.join("results"), row, &finished)? {
            let _ = write!(page, "\n![{title}](results/{file})\n");
        }
    }
    write(&docs.join("results.md"), &page)?;
    Ok(format!("docs/results.md has {done} of {total} studies"))
}
