//! `attune studies`.

pub(crate) mod handle;

use std::path::Path;

use attune::summary::Summary;
use attune_core::event::Underway;
use attune_store::{Activity, ReadStore};
use serde_json::json;

use crate::error::CliError;
use crate::output;
use crate::view::sheet::Sheet;
use attune_core::format;

pub(crate) fn run(path: &Path, as_json: bool) -> Result<(), CliError> {
    if !path.exists() {
        return if as_json { Ok(()) } else { none(path) };
    }
    let store = ReadStore::open(path).map_err(CliError::run)?;
    let mut rows = Vec::new();
    let names = store.studies().map_err(CliError::run)?;
    for name in &names {
        let records = store.records(name).map_err(CliError::run)?;
        let notes = store.notes_on(name).map_err(CliError::run)?;
        let Some(summary) = Summary::of(&records, &notes) else { continue };
        let header = summary.header;
        let activity = store.activity(name).map_err(CliError::run)?;
        if as_json {
            output::json(&json!({
                "study": name, "technique": header.technique, "model": header.model, "seed": header.seed,
                "trials": summary.trials, "state": summary.state(), "best": summary.best,
                "running": activity.writer.is_some(), "done": activity.underway.as_ref().and_then(Underway::share),
            }))?;
        } else {
            rows.push(row(name, &summary, &activity));
        }
    }
    match (as_json, names.is_empty()) {
        (true, _) => Ok(()),
        (false, false) => output::line(table(rows, output::columns())),
        (false, true) => none(path),
    }
}

fn row(name: &str, summary: &Summary<'_>, activity: &Activity) -> Vec<String> {
    let header = summary.header;
    let share = activity.underway.as_ref().and_then(Underway::share);
    let state = match (activity.writer, share) {
        (None, _) => summary.state().to_owned(),
        (Some(_), None) => "running".to_owned(),
        (Some(_), Some(share)) => format!("running, {:.0} %", (100.0 * share).floor()),
    };
    let best = summary.best.as_ref().map(|(metric, value)| format!("{metric} {}", format::short(*value)));
    vec![
        name.to_owned(),
        header.technique.clone(),
        header.model.clone(),
        header.seed.to_string(),
        summary.trials.to_string(),
        state,
        best.unwrap_or_else(|| "–".to_owned()),
    ]
}

/// Rows of studies in `columns` columns.
pub(crate) fn table(rows: Vec<Vec<String>>, columns: usize) -> String {
    let header = ["study", "technique", "model", "seed", "trials", "state", "found"];
    let mut table = Sheet::of_words(header.map(str::to_owned).to_vec());
    rows.into_iter().for_each(|row| table.row(row));
    table.render(columns)
}

fn none(path: &Path) -> Result<(), CliError> {
    output::line(format!("no studies in {}; start one with `attune run PROFILE`", path.display()))
}
