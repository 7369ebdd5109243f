//! `attune compare`.

use std::collections::BTreeSet;
use std::path::Path;

use attune::reading::StoredStudy;
use attune_core::event::Finished;
use attune_core::format;
use attune_core::store::StudyHeader;
use attune_search::session;
use attune_store::ReadStore;
use serde_json::{Value, json};

use crate::error::CliError;
use crate::output;
use crate::view::json;
use crate::view::sheet::Sheet;

/// Cells of configs that are listed before the rest is only counted.
const LISTED: usize = 40;

/// Prints two results and what differs in their configs, side by side.
pub(crate) fn run(path: &Path, studies: [&str; 2], as_json: bool) -> Result<(), CliError> {
    let store = ReadStore::open(path).map_err(CliError::input)?;
    let [a, b] = studies.map(|study| Side::read(&store, study));
    let (a, b) = (a?, b?);
    let differences = differences(&a.config(), &b.config());
    let same_data = a.header.task_fingerprint == b.header.task_fingerprint;
    if as_json {
        let cells: serde_json::Map<String, Value> =
            differences.into_iter().map(|(cell, a, b)| (cell, json!([a, b]))).collect();
        return output::json(&json!({
            "a": json::finished(&a.finished, &json::Described::of(&a.header)),
            "b": json::finished(&b.finished, &json::Described::of(&b.header)),
            "same_data": same_data,
            "config_differences": cells,
        }));
    }
    let columns = output::columns();
    output::line(side_by_side(&a, &b, columns))?;
    if !same_data {
        output::line("They are scored on different data: values of the same metric cannot be compared.")?;
    }
    match differences.as_slice() {
        [] => output::line("Their configs are the same."),
        some => output::line(cells(some, studies, columns)),
    }
}

/// One of the two.
pub(crate) struct Side {
    pub(crate) header: StudyHeader,
    pub(crate) finished: Finished,
}

impl Side {
    fn read(store: &ReadStore, study: &str) -> Result<Self, CliError> {
        let StoredStudy { header, records, notes } = StoredStudy::read(store, study)?;
        let finished = session::stored(&records, &notes).ok_or_else(|| {
            CliError::Input(format!(
                "study `{study}` has no report yet; `attune continue {study}` brings it to its end"
            ))
        })?;
        Ok(Self { header, finished })
    }

    fn config(&self) -> Value {
        json::config(&self.finished.report.best.config, &self.header)
    }
}

/// Both results in `columns` columns.
pub(crate) fn side_by_side(a: &Side, b: &Side, columns: usize) -> String {
    let studies = [&a.finished.study, &b.finished.study].map(Clone::clone);
    let mut table = Sheet::of_sides([vec![String::new()], studies.to_vec()].concat());
    let mut row = |label: String, cell: &dyn Fn(&Side) -> Option<String>| {
        let cell = |side| cell(side).unwrap_or_else(|| "–".to_owned());
        table.row(vec![label, cell(a), cell(b)]);
    };
    row("technique".to_owned(), &|side| Some(side.finished.technique.clone()));
    row("model".to_owned(), &|side| {
        Some(format!("{} ({})", side.finished.model, side.header.model_fingerprint.short()))
    });
    row("seed".to_owned(), &|side| Some(side.finished.seed.to_string()));
    row("trials".to_owned(), &|side| Some(side.finished.progress.trials.to_string()));
    row("found".to_owned(), &|side| Some(format!("trial {}", side.finished.report.best.trial)));
    let bests = [&a.finished.report.best, &b.finished.report.best];
    let resources: BTreeSet<&str> =
        bests.iter().flat_map(|best| &best.costs).map(|cost| cost.resource.as_str()).collect();
    for resource in resources {
        row(resource.to_owned(), &|side| {
            let cost = side.finished.report.best.costs.iter().find(|cost| cost.resource == resource)?;
            Some(format::cost(cost))
        });
    }
    let metrics: BTreeSet<&String> = bests.iter().flat_map(|best| best.estimates.keys()).collect();
    for metric in metrics {
        row(metric.clone(), &|side| {
            let found = side.finished.report.best.estimates.get(metric)?;
            let [mean, low, high] = [found.mean, found.low, found.high].map(format::short);
            Some(format!("{mean} [{low}, {high}]"))
        });
        let baselines = |side: &Side| {
            let named = side.finished.report.baselines.iter();
            named.map(|baseline| baseline.name.clone()).collect::<Vec<_>>()
        };
        let both = baselines(b);
        for name in baselines(a).iter().filter(|name| both.contains(name)) {
            row(format!("  Δ {metric} to {name}"), &|side| {
                let mut named = side.finished.report.baselines.iter();
                let baseline = named.find(|baseline| baseline.name == *name)?;
                baseline.delta.get(metric).map(format::signed)
            });
        }
    }
    table.render(columns)
}

/// What differs in their configs.
pub(crate) fn cells(differences: &[(String, Value, Value)], studies: [&str; 2], columns: usize) -> String {
    let mut table = Sheet::of_sides(["config", studies[0], studies[1]].map(str::to_owned).to_vec());
    let cell = |value: &Value| if value.is_null() { "–".to_owned() } else { value.to_string() };
    for (name, a, b) in differences.iter().take(LISTED) {
        table.row(vec![name.clone(), cell(a), cell(b)]);
    }
    let table = table.render(columns);
    match differences.len().checked_sub(LISTED) {
        None | Some(0) => table,
        Some(more) => format!("{table}\n… and {more} more; --json has all of them"),
    }
}

/// Every cell that two configs do not have in common, with its place and both values; null where there is none.
fn differences(a: &Value, b: &Value) -> Vec<(String, Value, Value)> {
    let mut found = Vec::new();
    differ(String::new(), a, b, &mut found);
    found
}

fn differ(place: String, a: &Value, b: &Value, found: &mut Vec<(String, Value, Value)>) {
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => {
            let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            for name in names {
                let side = |object: &serde_json::Map<String, Value>| object.get(name).cloned();
                differ(
                    format!("{place}{name}"),
                    &side(left).unwrap_or_default(),
                    &side(right).unwrap_or_default(),
                    found,
                );
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                differ(format!("{place}[{index}]"), left, right, found);
            }
        }
        _ if a == b => {}
        _ => found.push((place, a.clone(), b.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_differ_are_named_with_their_place() {
        let a = json!({ "bits": [[2, 4], [4, 4]], "top": 2 });
        let b = json!({ "bits": [[2, 4], [8, 4]], "kept": [1] });
        let expected = [
            ("bits[1][0]".to_owned(), json!(4), json!(8)),
            ("kept".to_owned(), Value::Null, json!([1])),
            ("top".to_owned(), json!(2), Value::Null),
        ];
        assert_eq!(differences(&a, &b), expected);
        assert!(differences(&a, &a).is_empty());
    }
}
