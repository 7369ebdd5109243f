//! Where a person goes from a result.

use attune_core::event::Finished;
use attune_core::exporter::{Exactness, Exporter};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;

/// After a run: its result can be seen again, and exported; `target` is the one that it was searched for.
pub(crate) fn after_run(finished: &Finished, model: &Facts, target: Option<&str>) -> String {
    format!("Next:\n  attune show {}\n{}", finished.study, export(finished, Some(model), target))
}

/// After the result has been shown; without `model`, whose folder has moved, exporters cannot be asked.
pub(crate) fn after_show(finished: &Finished, model: Option<&Facts>, target: Option<&str>) -> String {
    format!("Next:\n{}", export(finished, model, target))
}

/// Targets that are named beside the first.
const SHOWN: usize = 3;

/// The command for the study's own target, or else the first one that takes the plan by what its exporter says, and the other
/// ones.
fn export(finished: &Finished, model: Option<&Facts>, target: Option<&str>) -> String {
    // What is no model has no files, wherever it is: its edits alone say who takes them.
    let no_model = finished.report.words.is_some().then(|| Facts {
        name: finished.model.clone(),
        fingerprint: ContentHash::of(finished.model.as_bytes()),
        values: Settings::new(),
    });
    let model = model.or(no_model.as_ref());
    let verdict = |exporter: &dyn Exporter| match model {
        None => Some(""),
        Some(model) => match exporter.check(&finished.report.best.plan, model).ok()? {
            Exactness::Exact => Some(""),
            Exactness::Approximate { .. } => Some(" --approximate"),
        },
    };
    let taken = attune_export::targets()
        .iter()
        .filter_map(|found| Some((found.description.name, verdict(found.exporter)?)));
    let (own, mut others): (Vec<_>, Vec<_>) = taken.partition(|(name, _)| target == Some(*name));
    // What is exact first.
    others.sort_by_key(|(_, flag)| flag.len());
    let mut others = others.into_iter().map(|(name, flag)| format!("--to {name}{flag}"));
    let first = match own.first() {
        Some((_, flag)) => flag.to_string(),
        None => format!(" {}", others.next().unwrap_or_else(|| "--to TARGET".to_owned())),
    };
    let mut others: Vec<String> = others.map(|other| format!("`{other}`")).collect();
    let more = others.len().saturating_sub(SHOWN);
    others.truncate(SHOWN);
    let others = if others.is_empty() { String::new() } else { format!("\n  or {}", others.join(", ")) };
    let more = if more == 0 { String::new() } else { format!(", and {more} more (`attune target list`)") };
    format!("  attune export {}{first} --out DIR{others}{more}", finished.study)
}
