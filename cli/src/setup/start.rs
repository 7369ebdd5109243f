//! The trial of another study that a study starts from.

use attune_core::facts::ModelFacts;
use attune_core::profile;
use attune_core::store::{Record, Store};
use attune_search::session::Start;

use crate::commands::run::store_error;
use crate::error::CliError;

/// Looks the trial up in the store; a study on another model is refused.
pub(super) fn find(start: &profile::Start, store: &dyn Store, model: &ModelFacts) -> Result<Start, CliError> {
    let study = &start.study;
    let records = store.records(study).map_err(|error| store_error(&error))?;
    let Some(Record::Header(header)) = records.first() else {
        return Err(CliError::Input(format!(
            "start.study: there is no study `{study}` in the store; run it first, or name one that `attune studies` lists"
        )));
    };
    if header.model_fingerprint != model.fingerprint {
        return Err(CliError::Input(format!(
            "start.study: study `{study}` is of model `{}` ({}), and this one of `{}` ({}); start from a study of the \
             same model",
            header.model,
            header.model_fingerprint.short(),
            model.name,
            model.fingerprint.short()
        )));
    }
    let winner = records.iter().rev().find_map(|record| match record {
        Record::Report(report) => Some(report.best.trial),
        _ => None,
    });
    let id = start.trial.or(winner).ok_or_else(|| {
        CliError::Input(format!(
            "start.study: study `{study}` is not finished; run its profile again, or choose a trial with `start.trial`"
        ))
    })?;
    let trial = records.iter().find_map(|record| match record {
        Record::Trial(trial) if trial.id == id => Some(trial),
        _ => None,
    });
    let trial =
        trial.ok_or_else(|| CliError::Input(format!("start.trial: study `{study}` has no trial {id}")))?;
    Ok(Start {
        study: study.clone(),
        trial: id,
        technique: header.technique.clone(),
        dimensions: header.dimensions.clone(),
        config: trial.config.clone(),
        plan: trial.plan.clone(),
    })
}
