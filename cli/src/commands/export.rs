//! `attune export`.

mod staging;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::exporter::{Exactness, ExportError, ExportInput, Provenance};
use attune_core::facts::ModelFacts;
use attune_core::format;
use attune_core::plan::Plan;
use attune_core::report::Report;
use attune_core::store::{Record, StudyHeader};
use attune_core::trial::Trial;

use super::reading::store_of;
use crate::args::ExportArgs;
use crate::error::CliError;
use crate::model_files::Folder;
use crate::model_folder;
use crate::output;

use staging::{Staging, StagingError};

pub(crate) fn run(store: &Path, args: &ExportArgs) -> Result<(), CliError> {
    for (path, bytes) in write(store, args)? {
        output::line(format!("{}  {}", path.display(), format::bytes(bytes as f64)))?;
    }
    Ok(())
}

/// Exports; returns the files that were written, with their sizes.
pub(crate) fn write(store: &Path, args: &ExportArgs) -> Result<Vec<(PathBuf, u64)>, CliError> {
    let exporter = attune_export::by_name(&args.to).map_err(CliError::input)?;
    let chosen = Chosen::find(store, &args.study, args.trial, args.model.as_deref())?;
    let Chosen { model_folder, model, plan, provenance } = chosen;
    if let Exactness::Approximate { reason } = exporter.check(&plan, &model).map_err(CliError::input)?
        && !args.approximate
    {
        return Err(CliError::Input(format!(
            "`--to {}` expresses this plan only approximately: {reason}; add --approximate to export it all the same",
            args.to
        )));
    }
    let files = Folder::open(&model_folder)
        .map_err(|error| CliError::Run(format!("cannot read {}: {error}", model_folder.display())))?;
    let mut staging = Staging::begin(&args.out, &args.study).map_err(staging_error)?;
    let input = ExportInput { plan: &plan, model: &model, files: &files, provenance: &provenance };
    let result = exporter.export(&input, &mut |name, bytes| staging.write(name, bytes));
    result.map_err(|error| match error {
        ExportError::Inexpressible { .. } => CliError::input(error),
        other => CliError::Run(format!("{other}; nothing was written to {}", args.out.display())),
    })?;
    staging.finish().map_err(staging_error)
}

fn staging_error(error: StagingError) -> CliError {
    match error {
        StagingError::Occupied { .. } => CliError::input(error),
        StagingError::Busy(_) | StagingError::Io { .. } => CliError::run(error),
    }
}

/// What is to be exported, and the model that it belongs to.
pub(crate) struct Chosen {
    model_folder: PathBuf,
    /// Facts of the model, which is still the one of the study.
    pub(crate) model: ModelFacts,
    /// The plan.
    pub(crate) plan: Plan,
    provenance: Provenance,
}

impl Chosen {
    /// The winner of a study, or one of its trials; `model` is where the study's model is, when a person says so.
    pub(crate) fn find(
        path: &Path,
        study: &str,
        trial: Option<u64>,
        model: Option<&Path>,
    ) -> Result<Self, CliError> {
        let store = store_of(study, path)?;
        let records = store.records(study).map_err(CliError::input)?;
        let Some(Record::Header(header)) = records.first() else {
            return Err(CliError::Run(format!("the journal of study `{study}` has no header")));
        };
        let (plan, provenance) = chosen(study, header, &records, trial)?;
        let notes = store.notes_on(study).map_err(CliError::run)?;
        let (model_folder, model) = model_folder::of_study(path, header, &notes, model)?;
        Ok(Self { model_folder, model, plan, provenance })
    }
}

/// The plan of the winner or of one trial, and where it comes from.
fn chosen(
    study: &str,
    header: &StudyHeader,
    records: &[Record],
    trial: Option<u64>,
) -> Result<(Plan, Provenance), CliError> {
    let report = records.iter().rev().find_map(|record| match record {
        Record::Report(report) => Some(report.as_ref()),
        _ => None,
    });
    let winner = report.map(|report: &Report| report.best.trial);
    let id = trial.or(winner).ok_or_else(|| {
        CliError::Input(format!(
            "study `{study}` is not finished; bring it to its end with `attune continue {study}`, or choose a trial with --trial ID"
        ))
    })?;
    let trials: Vec<&Trial> = records
        .iter()
        .filter_map(|record| match record {
            Record::Trial(trial) => Some(trial.as_ref()),
            _ => None,
        })
        .collect();
    let trial = trials.iter().find(|trial| trial.id == id).ok_or_else(|| {
        let has = match trials.len() {
            0 => "it has none yet".to_owned(),
            1 => "it has trial 0 only".to_owned(),
            count => format!("it has 0 to {}", count - 1),
        };
        CliError::Input(format!("study `{study}` has no trial {id}; {has}"))
    })?;
    let scores = trial.scores().ok_or_else(|| {
        CliError::Input(format!("trial {id} of study `{study}` failed and has no result to export"))
    })?;
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
