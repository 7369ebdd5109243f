//! What exporters make of a trial.

use std::path::Path;

use attune_core::exporter::ExportError;
use attune_tui::desk::{Target, Verdict, Written};

use crate::args::ExportArgs;
use crate::commands::export::{self, Chosen};
use crate::error::CliError;

/// Every target, those that can express the plan first.
pub(super) fn targets(store: &Path, study: &str, trial: Option<u64>) -> Result<Vec<Target>, CliError> {
    let chosen = Chosen::find(store, study, trial)?;
    let mut targets: Vec<Target> = attune_export::exporters()
        .iter()
        .map(|exporter| Target {
            name: exporter.name().to_owned(),
            summary: exporter.summary().to_owned(),
            verdict: match exporter.check(&chosen.plan, &chosen.model) {
                Ok(()) => Verdict::Exact,
                Err(ExportError::Inexpressible { reason, .. }) => Verdict::Refused(reason),
                Err(other) => Verdict::Refused(other.to_string()),
            },
        })
        .collect();
    targets.sort_by_key(|target| matches!(target.verdict, Verdict::Refused(_)));
    Ok(targets)
}

/// Exports, as `attune export` does.
pub(super) fn write(store: &Path, args: &ExportArgs) -> Result<Vec<Written>, CliError> {
    let files = export::write(store, args)?;
    Ok(files.into_iter().map(|(path, bytes)| Written { path: path.display().to_string(), bytes }).collect())
}
