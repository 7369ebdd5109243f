//! docs/strategies-bench.md: where a peer is ahead, then everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::super::BenchError;
use super::results::{Results, Runs};
use super::statistics::{Median, median};

/// Fewest instances that both have searched.
const FEWEST: usize = 6;

/// The strategy that is recommended for a kind of space: what peers are compared with.
fn recommended(problem: &str) -> &'static str {
    if problem.starts_with("affine") { "cma-es" } else { "evolution" }
}

fn is_peer(method: &str) -> bool {
    ["optuna", "nevergrad", "pymoo", "pycma"].iter().any(|name| method.starts_with(name))
}

/// Writes the page from its head and the results.
pub(super) fn write(root: &Path, folder: &str, results: &Results) -> Result<String, BenchError> {
    let head = root.join(folder).join("head.md");
    let head = fs::read_to_string(&head).map_err(BenchError::file(&head))?;
    let why = root.join(folder).join("why.md");
    let why = fs::read_to_string(&why).map_err(BenchError::file(&why))?;
    let page = format!("{}\n\n{}", head.trim_end(), tables(results, &why));
    let file = root.join(format!("{folder}.md"));
    fs::write(&file, page).map_err(BenchError::file(&file))?;
    Ok(format!("{} is written", file.display()))
}

/// Losses first and `why` there are any, then all problems, then times.
pub(super) fn tables(results: &Results, why: &str) -> String {
    let mut looks: BTreeMap<(&str, u64), BTreeMap<&str, &Runs>> = BTreeMap::new();
    for ((problem, evaluations, method), runs) in &results.runs {
        looks.entry((problem, *evaluations)).or_default().insert(method, runs);
    }
    let mut losses = String::new();
    let (mut level, mut ahead, mut behind) = (0, 0, 0);
    for ((problem, evaluations), methods) in &looks {
        let name = recommended(problem);
        let Some(own) = methods.get(name) else { continue };
        for (method, runs) in methods.iter().filter(|(method, _)| is_peer(method)) {
            let differences = paired(own, runs);
            if differences.len() < FEWEST {
                continue;
            }
            let Median { low, high, .. } = median(&differences);
            if low > 0.0 {
                behind += 1;
                let [mine, other] = [own, runs].map(|runs| cell(results, problem, runs));
                let won = differences.iter().filter(|difference| **difference < 0.0).count();
                let of = differences.len();
                let _ = writeln!(
                    losses,
                    "| {problem} | {evaluations} | {name} | {mine} | {method} | {other} | {won} of {of} |"
                );
            } else if high < 0.0 {
                ahead += 1;
            } else {
                level += 1;
            }
        }
    }
    let mut page = format!(
        "## Where a peer is ahead\n\nThe recommended strategy (`evolution`, and `cma-es` for coefficients) against every peer, by the 95 % interval of the median \
         of differences, paired by instance: ahead {ahead} times, level {level} times, behind {behind} times.\n\n"
    );
    if losses.is_empty() {
        page += "Nowhere.\n";
    } else {
        page += "| problem | evaluations | strategy | median | peer | median | instances won |\n| --- | --- | --- | --- | --- | --- | --- |\n";
        page += &losses;
    }
    if !why.is_empty() {
        let _ = write!(page, "\n{}\n", why.trim());
    }
    page += "\n## All problems\n\nMedian [95 % interval] of the gap to the least loss that any method found on the instance, in percent of the \
             mean loss of random points; of coefficients the loss itself. Peers are in italics.\n";
    let problems: BTreeSet<&str> = looks.keys().map(|(problem, _)| *problem).collect();
    for problem in problems {
        page += &one(results, problem, &looks);
    }
    page += &times(results);
    page
}

fn paired(own: &Runs, other: &Runs) -> Vec<f64> {
    let difference = |(seed, (loss, _)): (&u64, &(f64, f64))| other.get(seed).map(|(other, _)| loss - other);
    own.iter().filter_map(difference).map(|value| if value.is_nan() { 0.0 } else { value }).collect()
}

/// Every method on one problem, the best at the last look first.
fn one(results: &Results, problem: &str, looks: &BTreeMap<(&str, u64), BTreeMap<&str, &Runs>>) -> String {
    let looks: Vec<(u64, &BTreeMap<&str, &Runs>)> = looks
        .iter()
        .filter(|((name, _), _)| *name == problem)
        .map(|((_, evaluations), methods)| (*evaluations, methods))
        .collect();
    let methods: BTreeSet<&str> = looks.iter().flat_map(|(_, methods)| methods.keys()).copied().collect();
    let key = |method: &str| {
        let last = looks.iter().rev().find_map(|(evaluations, methods)| {
            methods.get(method).map(|runs| (*evaluations, median(&values(results, problem, runs)).value))
        });
        last.unwrap_or((0, f64::NAN))
    };
    let mut methods: Vec<&str> = methods.into_iter().collect();
    methods.sort_by(|a, b| key(b).0.cmp(&key(a).0).then(key(a).1.total_cmp(&key(b).1)));
    let mut table = format!("\n### {problem}\n\n| method |");
    for (evaluations, _) in &looks {
        let _ = write!(table, " {evaluations} |");
    }
    let _ = writeln!(table, "\n| --- |{}", " --- |".repeat(looks.len()));
    for method in methods {
        let shown = if is_peer(method) { format!("*{method}*") } else { format!("`{method}`") };
        let _ = write!(table, "| {shown} |");
        for (_, methods) in &looks {
            let found = methods.get(method).map_or(String::new(), |runs| cell(results, problem, runs));
            let _ = write!(table, " {found} |");
        }
        table.push('\n');
    }
    table
}

fn values(results: &Results, problem: &str, runs: &Runs) -> Vec<f64> {
    if problem.starts_with("affine") {
        return runs.values().map(|(loss, _)| *loss).collect();
    }
    results.gaps(problem, runs)
}

fn cell(results: &Results, problem: &str, runs: &Runs) -> String {
    let Median { value, low, high } = median(&values(results, problem, runs));
    format!("{} [{}, {}]", number(value), number(low), number(high))
}

/// Three significant digits or so.
fn number(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "–".to_owned(),
        0.0 => "0".to_owned(),
        size if size < 1e-3 => format!("{value:.1e}"),
        size if size < 1.0 => format!("{value:.3}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// What methods took besides evaluations, at the last look of every kind of space.
fn times(results: &Results) -> String {
    let mut by: BTreeMap<&str, BTreeMap<&str, (u64, Vec<f64>)>> = BTreeMap::new();
    let mut kinds = BTreeSet::new();
    for ((problem, evaluations, method), runs) in &results.runs {
        let kind = problem.split('-').next().unwrap_or_default();
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
        "\n## Time\n\nMilliseconds per evaluation that a method takes itself, median over problems and instances up to its last look.\n\n| method | {} |\n",
        kinds.join(" | ")
    );
    let _ = writeln!(table, "| --- |{}", " --- |".repeat(kinds.len()));
    for (method, found) in by {
        let _ = write!(table, "| {method} |");
        for kind in &kinds {
            let shown = found.get(kind).map(|(_, values)| number(median(values).value));
            let _ = write!(table, " {} |", shown.unwrap_or_default());
        }
        table.push('\n');
    }
    table
}
