//! The trial of another study that a study starts from.

#[cfg(unix)]
use std::path::Path;

use attune_core::facts::ModelFacts;
use attune_core::profile;
#[cfg(unix)]
use attune_core::store::StoreError;
use attune_core::store::{Record, Store};
use attune_search::session::Start;
#[cfg(unix)]
use attune_store::ReadStore;
use attune_vocabulary::start_signals;

use crate::commands::run::store_error;
use crate::error::CliError;

/// Looks the trial up in the store; a study on another model is refused.
pub(super) fn find(start: &profile::Start, store: &dyn Store, model: &ModelFacts) -> Result<Start, CliError> {
    chosen(start, &store.records(&start.study).map_err(|error| store_error(&error))?, model)
}

/// The same in the store in the folder `store`, which need not exist and which somebody else may be writing to.
#[cfg(unix)]
pub(crate) fn stored_start(
    start: &profile::Start,
    store: &Path,
    model: &ModelFacts,
) -> Result<Start, CliError> {
    let records = if store.exists() {
        let read = ReadStore::open(store).and_then(|store| store.records(&start.study));
        match read {
            Err(StoreError::UnknownStudy { .. }) => Vec::new(),
            read => read.map_err(|error| store_error(&error))?,
        }
    } else {
        Vec::new()
    };
    chosen(start, &records, model)
}

fn chosen(start: &profile::Start, records: &[Record], model: &ModelFacts) -> Result<Start, CliError> {
    let study = &start.study;
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
            "start.study: study `{study}` is not finished; bring it to its end with `attune continue {study}`, or choose a trial with `start.trial`"
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
        signals: start_signals(&trial.plan, model),
    })
}
