//! What exporters make of a trial.

use std::path::Path;

use attune_core::exporter::{Exactness, ExportError};

use crate::backend::{Target, Verdict, Written};
use crate::error::Error;
use crate::export::{self, Chosen, Need};
use crate::run_options::ExportOptions;

/// Every target, those that express the plan best first.
pub(super) fn targets(store: &Path, study: &str, trial: Option<u64>) -> Result<Vec<Target>, Error> {
    let chosen = Chosen::find(store, study, trial, None, Need::Facts)?;
    let mut targets: Vec<Target> = attune_export::targets()
        .iter()
        .map(|target| Target {
            name: target.description.name.to_owned(),
            summary: target.description.summary.to_owned(),
            verdict: match target.exporter.check(&chosen.plan, &chosen.model) {
                Ok(Exactness::Exact) => Verdict::Exact,
                Ok(Exactness::Approximate { reason }) => Verdict::Approximate(reason),
                Err(ExportError::Inexpressible { reason, .. }) => Verdict::Refused(reason),
                Err(other) => Verdict::Refused(other.to_string()),
            },
        })
        .collect();
    targets.sort_by_key(|target| match target.verdict {
        Verdict::Exact => 0,
        Verdict::Approximate(_) => 1,
        Verdict::Refused(_) => 2,
    });
    Ok(targets)
}

/// Exports, as `attune export` does.
pub(super) fn write(store: &Path, args: &ExportOptions) -> Result<Vec<Written>, Error> {
    let files = export::write(store, args)?;
    Ok(files.into_iter().map(|(path, bytes)| Written { path: path.display().to_string(), bytes }).collect())
}
