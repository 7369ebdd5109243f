//! Whether plans of a space can be exported, asked of the exporter before the study begins.

use std::path::Path;

use attune_core::exporter::{Exactness, ExportError, ModelFiles as _};
use attune_core::plan::Plan;
use attune_core::printable::{MESSAGE, line};
use attune_core::rng;
use attune_core::space::Config;
use attune_export::Target;
use attune_search::session::Preflight;

use crate::error::TargetError;
use crate::model_files::Folder;

/// The file of a model that exporters are asked about before its weights are read.
const CONFIG: &str = "config.json";
/// Random configs that are looked at.
const DRAWS: u64 = 16;

/// The answer to random configs of the space and to the baselines in it that the technique makes without signals: the
/// least exact one. Where the folder of the model has a `config.json`, exporters are asked about it as well.
///
/// # Errors
/// The first config that the target cannot express.
pub(super) fn check(target: &Target, study: &Preflight<'_>, folder: &Path) -> Result<Exactness, TargetError> {
    // A folder that cannot be listed is none of files: evaluators of one's own have models of other kinds.
    let files = Folder::open(folder).ok().filter(|files| files.names().iter().any(|name| name == CONFIG));
    let mut exactness = Exactness::Exact;
    for (name, config) in configs(study) {
        // What cannot be lowered is no plan; another check says so.
        let Ok(plan) = study.technique.lower(study.model, study.options, &config) else { continue };
        // The model as it is needs no export.
        if plan.edits().is_empty() {
            continue;
        }
        match verdict(target, study, files.as_ref(), &plan)
            .map_err(|(edit, reason)| refusal(target, study, name, edit, reason))?
        {
            Exactness::Exact => {}
            approximate @ Exactness::Approximate { .. } => exactness = approximate,
        }
    }
    Ok(exactness)
}

fn configs(study: &Preflight<'_>) -> Vec<(String, Config)> {
    let draws = (0..DRAWS).filter_map(|draw| {
        let config = study.space.sample(&mut rng::derive(study.seed, "target", &[draw])).ok()?;
        Some(("a random config".to_owned(), config))
    });
    let baselines = study.technique.baselines(study.model, study.options, &[]).unwrap_or_default();
    let named = baselines
        .into_iter()
        .map(|baseline| (format!("baseline `{}`", baseline.name), study.space.canonical(baseline.config)))
        .filter(|(_, config)| study.space.check(config).is_ok());
    draws.chain(named).collect()
}

/// What the exporter says; of a plan that it refuses, the edit and why.
fn verdict(
    target: &Target,
    study: &Preflight<'_>,
    files: Option<&Folder>,
    plan: &Plan,
) -> Result<Exactness, (String, String)> {
    let exporter = target.exporter;
    let verdict = exporter.check(plan, study.model).and_then(|exactness| {
        files.map_or(Ok(()), |files| exporter.check_config(plan, study.model, files))?;
        Ok(exactness)
    });
    verdict.map_err(|error| match error {
        ExportError::Inexpressible { edit, reason, .. } => (edit, reason),
        other => (plan.edits()[0].to_string(), other.to_string()),
    })
}

fn refusal(
    target: &Target,
    study: &Preflight<'_>,
    config: String,
    edit: String,
    reason: String,
) -> TargetError {
    TargetError::Inexpressible {
        target: target.description.name,
        technique: study.technique.info().name.clone(),
        config,
        edit: line(&edit, MESSAGE).into_owned(),
        reason,
    }
}
