//! The trial of another study that a study starts from.

#[cfg(unix)]
use std::path::Path;

use attune_core::facts::ModelFacts;
use attune_core::plan::Plan;
use attune_core::profile;
#[cfg(unix)]
use attune_core::store::StoreError;
use attune_core::store::{Record, Store, StudyHeader};
use attune_search::session::Start;
#[cfg(unix)]
use attune_store::ReadStore;
use attune_vocabulary::start_signals;

use crate::commands::run::store_error;
use crate::error::CliError;

/// A trial to start from, and the study that it is of.
pub(super) struct Found {
    pub(super) start: Start,
    plan: Plan,
    header: StudyHeader,
}

/// Looks the trial up in the store.
pub(super) fn find(start: &profile::Start, store: &dyn Store) -> Result<Found, CliError> {
    chosen(start, store.records(&start.study).map_err(|error| store_error(&error))?)
}

impl Found {
    /// With what the trial's plan says to techniques of other spaces on `model`.
    pub(super) fn on(mut self, model: &ModelFacts) -> Self {
        self.start.signals = start_signals(&self.plan, model);
        self
    }

    /// Refuses a start from a study of another model.
    pub(super) fn is_of(&self, model: &ModelFacts) -> Result<(), CliError> {
        let Self { start, header, .. } = self;
        if header.model_fingerprint == model.fingerprint {
            return Ok(());
        }
        Err(CliError::Input(format!(
            "start.study: study `{}` is of model `{}` ({}), and this one of `{}` ({}); start from a study of the \
             same model",
            start.study,
            header.model,
            header.model_fingerprint.short(),
            model.name,
            model.fingerprint.short()
        )))
    }
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
    let found = chosen(start, records)?;
    found.is_of(model)?;
    Ok(found.on(model).start)
}

fn chosen(start: &profile::Start, mut records: Vec<Record>) -> Result<Found, CliError> {
    let study = &start.study;
    let trials = records.split_off(records.len().min(1));
    let Some(Record::Header(header)) = records.pop() else {
        return Err(CliError::Input(format!(
            "start.study: there is no study `{study}` in the store; run it first, or name one that `attune studies` lists"
        )));
    };
    let winner = trials.iter().rev().find_map(|record| match record {
        Record::Report(report) => Some(report.best.trial),
        _ => None,
    });
    let id = start.trial.or(winner).ok_or_else(|| {
        CliError::Input(format!(
            "start.study: study `{study}` is not finished; bring it to its end with `attune continue {study}`, or choose a trial with `start.trial`"
        ))
    })?;
    let trial = trials.iter().find_map(|record| match record {
        Record::Trial(trial) if trial.id == id => Some(trial),
        _ => None,
    });
    let trial =
        trial.ok_or_else(|| CliError::Input(format!("start.trial: study `{study}` has no trial {id}")))?;
    let start = Start {
        study: study.clone(),
        trial: id,
        technique: header.technique.clone(),
        dimensions: header.dimensions.clone(),
        config: trial.config.clone(),
        signals: Vec::new(),
    };
    Ok(Found { start, plan: trial.plan.clone(), header: *header })
}
