//! Which trial of a study is exported.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::exporter::Provenance;
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_core::profile::Profile;
use attune_core::report::Report;
use attune_core::store::{Record, StudyHeader};
use attune_core::trial::Trial;

use super::of_worker::{self, Need};
use crate::error::{ChoiceError, Error};
use crate::factory;
use crate::model_folder;
use crate::reading::{StoredStudy, store_of};

/// What is to be exported, and the model that it belongs to.
pub struct Chosen {
    /// The model's folder; for an evaluator of another process, what that takes in its place.
    pub model_folder: PathBuf,
    /// Facts of the model, which is still the one of the study.
    pub model: Facts,
    /// The plan.
    pub plan: Plan,
    /// Where it comes from.
    pub provenance: Provenance,
}

impl Chosen {
    /// The winner of a study, or one of its trials; `model` is where the study's model is, when a person says so, and `need` what
    /// has to be known of it.
    ///
    /// # Errors
    /// When there is no such study or trial, or its model is gone.
    pub fn find(
        path: &Path,
        study: &str,
        trial: Option<u64>,
        model: Option<&Path>,
        need: Need,
    ) -> Result<Self, Error> {
        let store = store_of(study, path)?;
        let stored = StoredStudy::read(&store, study)?;
        let (plan, provenance) = chosen(study, &stored.header, &stored.records, trial)?;
        let profile = Profile::from_identity(&stored.header.profile, study, 1);
        let (model_folder, model) = match &profile {
            Ok(profile) if factory::is_worker(profile) => of_worker::subject(path, &stored, model, need)?,
            _ => model_folder::of_study(path, &stored.header, &stored.notes, model)?,
        };
        Ok(Self { model_folder, model, plan, provenance })
    }
}

/// The plan of the winner or of one trial, and where it comes from.
fn chosen(
    study: &str,
    header: &StudyHeader,
    records: &[Record],
    trial: Option<u64>,
) -> Result<(Plan, Provenance), Error> {
    let report = records.iter().rev().find_map(|record| match record {
        Record::Report(report) => Some(report.as_ref()),
        _ => None,
    });
    let winner = report.map(|report: &Report| report.best.trial);
    let unfinished = || Error::input(ChoiceError::Unfinished { study: study.to_owned() });
    let id = trial.or(winner).ok_or_else(unfinished)?;
    let trials: Vec<&Trial> = records
        .iter()
        .filter_map(|record| match record {
            Record::Trial(trial) => Some(trial.as_ref()),
            _ => None,
        })
        .collect();
    let named = trials.iter().find(|trial| trial.id == id);
    // A repeat is exported as the config's first trial, which has the scores.
    let first =
        named.and_then(|trial| trial.again_of()).and_then(|of| trials.iter().find(|trial| trial.id == of));
    let trial = first.or(named).ok_or_else(|| {
        let has = match trials.len() {
            0 => "it has none yet".to_owned(),
            1 => "it has trial 0 only".to_owned(),
            count => format!("it has 0 to {}", count - 1),
        };
        Error::input(ChoiceError::NoTrial { study: study.to_owned(), trial: id, has })
    })?;
    let scores = trial
        .scores()
        .ok_or_else(|| Error::input(ChoiceError::FailedTrial { study: study.to_owned(), trial: id }))?;
    let id = trial.id;
    let search: BTreeMap<String, f64> =
        scores.metrics.iter().map(|(name, score)| (name.clone(), score.value())).collect();
    let best = report.map(|report| &report.best).filter(|best| best.trial == id);
    let provenance = Provenance {
        study: study.to_owned(),
        trial: id,
        technique: format!("{} ({})", header.technique, header.technique_fingerprint.short()),
        seed: header.seed,
        numerics: header.numerics.clone(),
        costs: trial.costs.clone(),
        search,
        report: best.map(|best| best.estimates.clone()).unwrap_or_default(),
    };
    Ok((trial.plan.clone(), provenance))
}
