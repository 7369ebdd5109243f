//! docs/results.md: a section for every row.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::row::Row;
use super::{ResultsError, plot, read, table, write};

/// A study that has a result.
pub(super) struct Done<'a> {
    pub(super) label: &'a str,
    pub(super) seed: u64,
    pub(super) metric: String,
    pub(super) result: Value,
}

impl Done<'_> {
    /// Mean of the objective of `who` on the report split.
    pub(super) fn quality(&self, who: &Value) -> Option<f64> {
        who["report"][&self.metric]["mean"].as_f64()
    }

    pub(super) fn best(&self) -> &Value {
        &self.result["best"]
    }

    /// What it was compared with.
    pub(super) fn baselines(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.result["baselines"].as_object().into_iter().flatten()
    }

    /// The first cost of `who`, with its unit.
    pub(super) fn cost(&self, who: &Value) -> Option<(f64, String)> {
        let cost = who["cost"].as_object()?.values().next()?;
        Some((cost["value"].as_f64()?, cost["unit"].as_str()?.to_owned()))
    }
}

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
