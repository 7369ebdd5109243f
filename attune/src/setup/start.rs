//! The trial of another study that a study starts from.

#[cfg(feature = "backend")]
use std::path::Path;

use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_core::profile;
#[cfg(feature = "backend")]
use attune_core::store::StoreError;
use attune_core::store::{Record, Store, StudyHeader};
use attune_search::session::Start;
#[cfg(feature = "backend")]
use attune_store::ReadStore;
use attune_vocabulary::start_signals;

use crate::error::{Error, StartError};

/// A trial to start from, and the study that it is of.
pub(super) struct Found {
    pub(super) start: Start,
    plan: Plan,
    header: StudyHeader,
}

/// Looks the trial up in the store.
pub(super) fn find(start: &profile::Start, store: &dyn Store) -> Result<Found, Error> {
    chosen(start, store.records(&start.study)?)
}

impl Found {
    /// With what the trial's plan says to techniques of other spaces on `model`.
    pub(super) fn on(mut self, model: &Facts) -> Self {
        self.start.signals = start_signals(&self.plan, model);
        self
    }

    /// Refuses a start from a study of another model.
    pub(super) fn is_of(&self, model: &Facts) -> Result<(), Error> {
        let Self { start, header, .. } = self;
        if header.model_fingerprint == model.fingerprint {
            return Ok(());
        }
        Err(Error::input(StartError::OtherModel {
            study: start.study.clone(),
            its: header.model.clone(),
            its_fingerprint: header.model_fingerprint.short(),
            this: model.name.clone(),
            fingerprint: model.fingerprint.short(),
        }))
    }
}

/// The same in the store in the folder `store`, which need not exist and which somebody else may be writing to; that it is of
/// this model is seen only where the model's fingerprint is `proved`.
#[cfg(feature = "backend")]
pub(crate) fn stored_start(
    start: &profile::Start,
    store: &Path,
    model: &Facts,
    proved: bool,
) -> Result<Start, Error> {
    let records = if store.exists() {
        let read = ReadStore::open(store).and_then(|store| store.records(&start.study));
        match read {
            Err(StoreError::UnknownStudy { .. }) => Vec::new(),
            read => read?,
        }
    } else {
        Vec::new()
    };
    let found = chosen(start, records)?;
    if proved {
        found.is_of(model)?;
    }
    Ok(found.on(model).start)
}

fn chosen(start: &profile::Start, mut records: Vec<Record>) -> Result<Found, Error> {
    let study = &start.study;
    let trials = records.split_off(records.len().min(1));
    let Some(Record::Header(header)) = records.pop() else {
        return Err(Error::input(StartError::NoStudy { study: study.clone() }));
    };
    let winner = trials.iter().rev().find_map(|record| match record {
        Record::Report(report) => Some(report.best.trial),
        _ => None,
    });
    let unfinished = || Error::input(StartError::Unfinished { study: study.clone() });
    let id = start.trial.or(winner).ok_or_else(unfinished)?;
    let trial = trials.iter().find_map(|record| match record {
        Record::Trial(trial) if trial.id == id => Some(trial),
        _ => None,
    });
    let none = || Error::input(StartError::NoTrial { study: study.clone(), trial: id });
    let trial = trial.ok_or_else(none)?;
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
