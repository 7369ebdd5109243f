//! `attune export`.

use std::collections::BTreeMap;
use std::path::Path;

use attune_core::exporter::{ExportError, ExportInput, Provenance};
use attune_core::plan::Plan;
use attune_core::report::Report;
use attune_core::store::{Record, StudyHeader};
use attune_core::trial::Trial;
use attune_store::ReadStore;

use crate::args::ExportArgs;
use crate::error::CliError;
use crate::model_files::Folder;
use crate::output;

pub(crate) fn run(store: &Path, args: &ExportArgs) -> Result<(), CliError> {
    let exporter = attune_export::by_name(&args.to).map_err(CliError::input)?;
    let store = ReadStore::open(store).map_err(CliError::input)?;
    let records = store.records(&args.study).map_err(CliError::input)?;
    let Some(Record::Header(header)) = records.first() else {
        return Err(CliError::Run(format!("the journal of study `{}` has no header", args.study)));
    };
    let (plan, provenance) = chosen(&args.study, header, &records, args.trial)?;

    let folder = Path::new(&header.model_path);
    let model = attune_eval::model::inspect(folder).map_err(CliError::input)?;
    if model.fingerprint != header.model_fingerprint {
        return Err(CliError::Input(format!(
            "{} is no longer the model of study `{}`: its fingerprint is {}, the study has {}; restore the model or run \
             the study again under another name",
            folder.display(),
            args.study,
            model.fingerprint.short(),
            header.model_fingerprint.short()
        )));
    }
    exporter.check(&plan, &model).map_err(CliError::input)?;
    prepare(&args.out)?;
    let files = Folder::open(folder)
        .map_err(|error| CliError::Run(format!("cannot read {}: {error}", folder.display())))?;
    let mut written = Vec::new();
    let input = ExportInput { plan: &plan, model: &model, files: &files, provenance: &provenance };
    let result = exporter.export(&input, &mut |name, bytes| {
        written.push((name.to_owned(), bytes.len()));
        std::fs::write(args.out.join(name), bytes)
    });
    result.map_err(|error| match error {
        ExportError::Inexpressible { .. } => CliError::input(error),
        other => CliError::Run(format!("{other}; {} is incomplete", args.out.display())),
    })?;
    for (name, bytes) in written {
        output::line(format!(
            "{}  {}",
            args.out.join(name).display(),
            crate::view::numbers::bytes(bytes as f64)
        ))?;
    }
    Ok(())
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
            "study `{study}` is not finished; run its profile again, or choose a trial with --trial ID"
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
        CliError::Input(format!(
            "study `{study}` has no trial {id}; it has 0 to {}",
            trials.len().saturating_sub(1)
        ))
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

/// A new or empty folder: exports never mix with what is already there.
fn prepare(out: &Path) -> Result<(), CliError> {
    let io = |error: std::io::Error| CliError::Run(format!("cannot create {}: {error}", out.display()));
    std::fs::create_dir_all(out).map_err(io)?;
    if std::fs::read_dir(out).map_err(io)?.next().is_some() {
        return Err(CliError::Input(format!(
            "{} is not empty; choose a new folder with --out",
            out.display()
        )));
    }
    Ok(())
}
