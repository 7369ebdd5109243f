//! docs/strategies-bench.md: comparisons, then everything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::super::BenchError;
use super::cells::{Looks, cell, shown, values};
use super::results::{Results, Runs};
use super::statistics::median;
use super::{comparisons, times};

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

/// Where peers are ahead and `why`, then `hybrid`, then all problems, then times.
pub(super) fn tables(results: &Results, why: &str) -> String {
    let mut looks = Looks::new();
    for ((problem, evaluations, method), runs) in &results.runs {
        looks.entry((problem, *evaluations)).or_default().insert(method, runs);
    }
    let mut page = comparisons::against_peers(results, &looks);
    if !why.is_empty() {
        let _ = write!(page, "\n{}\n", why.trim());
    }
    page += &comparisons::hybrid(results, &looks);
    page += "\n## All problems\n\nMedian [95 % interval] of the gap to the least loss that any method found on the instance, \
             in percent of the mean loss of random points; of coefficients the loss itself. Peers are in italics.\n";
    let problems: BTreeSet<&str> = looks.keys().map(|(problem, _)| *problem).collect();
    for problem in problems {
        page += &one(results, problem, &looks);
    }
    page += &times::table(results);
    page
}

/// Every method on one problem, the best at the last look first.
fn one(results: &Results, problem: &str, looks: &Looks<'_>) -> String {
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
        let _ = write!(table, "| {} |", shown(method));
        for (_, methods) in &looks {
            let found = methods.get(method).map_or(String::new(), |runs| cell(results, problem, runs));
            let _ = write!(table, " {found} |");
        }
        table.push('\n');
    }
    table
}
