//! Where a person goes from a result.

use attune_core::event::Finished;
use attune_core::exporter::Exactness;
use attune_core::facts::Facts;

/// After a run: its result can be seen again, and exported.
pub(crate) fn after_run(finished: &Finished, model: &Facts) -> String {
    format!("Next:\n  attune show {}\n{}", finished.study, export(finished, Some(model)))
}

/// After the result has been shown; without `model`, whose folder has moved, exporters cannot be asked.
pub(crate) fn after_show(finished: &Finished, model: Option<&Facts>) -> String {
    format!("Next:\n{}", export(finished, model))
}

/// The command for the first target that takes the plan, by what its exporter says, and the other ones.
fn export(finished: &Finished, model: Option<&Facts>) -> String {
    let verdict = |exporter: &dyn attune_core::exporter::Exporter| match model {
        None => Some(exporter.name().to_owned()),
        Some(model) => match exporter.check(&finished.report.best.plan, model).ok()? {
            Exactness::Exact => Some(exporter.name().to_owned()),
            Exactness::Approximate { .. } => Some(format!("{} --approximate", exporter.name())),
        },
    };
    let targets: Vec<String> =
        attune_export::exporters().iter().filter_map(|exporter| verdict(exporter.as_ref())).collect();
    let mut targets = targets.into_iter();
    let first = targets.next().unwrap_or_else(|| "TARGET".to_owned());
    let others: Vec<String> = targets.map(|target| format!("`--to {target}`")).collect();
    let others = if others.is_empty() { String::new() } else { format!("\n  or {}", others.join(", ")) };
    format!("  attune export {} --to {first} --out DIR{others}", finished.study)
}
