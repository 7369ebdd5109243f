//! Exports: the winner or another trial of a study, as files that another engine loads.

mod choice;
mod choices;
mod of_worker;
mod reopened;
mod staging;
mod verify;

use std::path::{Path, PathBuf};

use attune_core::exporter::{Exactness, ExportError, ExportInput, FileSink};
use attune_core::plan::Plan;
use attune_core::profile::Profile;
use attune_export::Target;

use crate::error::{ChoiceError, Error, FolderError, StagingError};
use crate::model_files::Folder;
use crate::reading::{StoredStudy, store_of};
use crate::run_options::ExportOptions;

pub use choice::Chosen;
pub use of_worker::Need;
use reopened::Reopened;
use staging::Staging;
pub use verify::{Bound, Verdict, Verification, write_verified};

/// The target that takes every plan of every model, and none of its files.
const PLAN: &str = "plan";

/// Exports a trial of a study of the store in the folder `store`; returns the files that were written, with their sizes.
///
/// # Errors
/// When there is no such trial, the target cannot express its plan, or the files cannot be written; then none are.
pub fn write(store: &Path, args: &ExportOptions) -> Result<Vec<(PathBuf, u64)>, Error> {
    Ready::find(store, args)?.write(None)
}

/// An export that its target takes.
struct Ready<'a> {
    store: &'a Path,
    args: &'a ExportOptions,
    target: &'static Target,
    chosen: Chosen,
    exactness: Exactness,
    /// The files of the model; none where the plan stands for itself.
    files: Folder,
}

impl<'a> Ready<'a> {
    fn find(store: &'a Path, args: &'a ExportOptions) -> Result<Self, Error> {
        let to = match &args.to {
            Some(to) => to.clone(),
            None => target_of(store, &args.study)?,
        };
        let target = attune_export::target(&to).map_err(Error::input)?;
        let need = if to == PLAN { Need::Name } else { Need::Weights };
        let chosen = Chosen::find(store, &args.study, args.trial, args.model.as_deref(), need)?;
        let exactness = target.exporter.check(&chosen.plan, &chosen.model).map_err(Error::input)?;
        if let Exactness::Approximate { reason } = &exactness
            && !args.approximate
        {
            let reason = reason.clone();
            return Err(Error::input(ChoiceError::Approximate { target: to, reason }));
        }
        let files = match need {
            // A plan stands for itself, wherever its model is.
            Need::Name => Folder::empty(),
            _ => Folder::open(&chosen.model_folder).map_err(|source| {
                Error::run(FolderError::Unreadable { folder: chosen.model_folder.clone(), source })
            })?,
        };
        Ok(Self { store, args, target, chosen, exactness, files })
    }

    /// Writes the files. `opened` is the evaluator of the study where somebody has opened it already.
    fn write(&self, opened: Option<Reopened>) -> Result<Vec<(PathBuf, u64)>, Error> {
        let out = &self.args.out;
        let mut staging = Staging::begin(out, &self.args.study).map_err(staging_error)?;
        let plan = &self.chosen.plan;
        // Long work, where it is needed: nothing that is refused waits for it.
        let result = match self.target.exporter.reads_choices(plan) {
            true => {
                let choices = choices::of_plan(self.store, self.args, plan, opened)?;
                self.export(&self.files.clone().with(choices), plan, &mut staging)
            }
            false => {
                // It holds a model.
                drop(opened);
                self.export(&self.files, plan, &mut staging)
            }
        };
        result.map_err(|error| match error {
            ExportError::Inexpressible { .. } => Error::input(error),
            source => Error::run(StagingError::Failed { source, out: out.clone() }),
        })?;
        staging.finish().map_err(staging_error)
    }

    /// The files of `plan`, which is the one that was chosen or what it is compared with, from those of the model.
    fn export(&self, files: &Folder, plan: &Plan, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        let Chosen { model, provenance, .. } = &self.chosen;
        self.target.exporter.export(&ExportInput { plan, model, files, provenance }, sink)
    }
}

/// The target that a study was searched for.
fn target_of(store: &Path, study: &str) -> Result<String, Error> {
    let stored = StoredStudy::read(&store_of(study, store)?, study)?;
    let profile = Profile::from_identity(&stored.header.profile, study, 1);
    // A study of a program has no profile, and so no target.
    profile.ok().and_then(|profile| profile.target).ok_or_else(|| {
        let targets: Vec<&str> =
            attune_export::targets().iter().map(|target| target.description.name).collect();
        Error::input(ChoiceError::NoTarget { study: study.to_owned(), targets: targets.join(", ") })
    })
}

fn staging_error(error: StagingError) -> Error {
    match error {
        StagingError::Occupied { .. } => Error::input(error),
        StagingError::Busy(_) | StagingError::Failed { .. } | StagingError::Io { .. } => Error::run(error),
    }
}
