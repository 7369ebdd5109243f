//! What methods take besides evaluations.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::cells::{kind, number, shown};
use super::results::Results;
use super::statistics::median;

/// At the last look of every kind of space.
pub(super) fn table(results: &Results) -> String {
    let mut by: BTreeMap<&str, BTreeMap<&str, (u64, Vec<f64>)>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for ((problem, evaluations, method), runs) in &results.runs {
        let kind = kind(problem);
        kinds.insert(kind);
        let (last, found) = by.entry(method).or_default().entry(kind).or_default();
        if evaluations > last {
            found.clear();
            *last = *evaluations;
        }
        if evaluations == last {
            found.extend(runs.values().map(|(_, milliseconds)| milliseconds / *evaluations as f64));
        }
    }
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let mut table = format!(
        "\n## Time\n\nMilliseconds per evaluation that a method takes itself, median over problems and instances up to its \
         last look: of attune's strategies by the wall clock, of peers (in italics) processor time of their process, so that a \
         loaded machine slows the former alone.\n\n| method | {} |\n",
        kinds.join(" | ")
    );
    let _ = writeln!(table, "| --- |{}", " --- |".repeat(kinds.len()));
    for (method, found) in by {
        let _ = write!(table, "| {} |", shown(method));
        for kind in &kinds {
            let time = found.get(kind).map(|(_, values)| number(median(values).value));
            let _ = write!(table, " {} |", time.unwrap_or_default());
        }
        table.push('\n');
    }
    table
}
