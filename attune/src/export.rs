//! Exports: the winner or another trial of a study, as files that another engine loads.

mod choice;
mod of_worker;
mod staging;

use std::path::{Path, PathBuf};

use attune_core::exporter::{Exactness, ExportError, ExportInput};

use crate::error::{ChoiceError, Error, FolderError, StagingError};
use crate::model_files::Folder;
use crate::run_options::ExportOptions;

pub use choice::Chosen;
pub use of_worker::Need;
use staging::Staging;

/// The target that takes every plan of every model, and none of its files.
const PLAN: &str = "plan";

/// Exports a trial of a study of the store in the folder `store`; returns the files that were written, with their sizes.
///
/// # Errors
/// When there is no such trial, the target cannot express its plan, or the files cannot be written; then none are.
pub fn write(store: &Path, args: &ExportOptions) -> Result<Vec<(PathBuf, u64)>, Error> {
    let exporter = attune_export::by_name(&args.to).map_err(Error::input)?;
    let need = if args.to == PLAN { Need::Name } else { Need::Weights };
    let chosen = Chosen::find(store, &args.study, args.trial, args.model.as_deref(), need)?;
    let Chosen { model_folder, model, plan, provenance } = chosen;
    if let Exactness::Approximate { reason } = exporter.check(&plan, &model).map_err(Error::input)?
        && !args.approximate
    {
        return Err(Error::input(ChoiceError::Approximate { target: args.to.clone(), reason }));
    }
    let files = match need {
        // A plan stands for itself, wherever its model is.
        Need::Name => Folder::empty(),
        _ => Folder::open(&model_folder)
            .map_err(|source| Error::run(FolderError::Unreadable { folder: model_folder.clone(), source }))?,
    };
    let mut staging = Staging::begin(&args.out, &args.study).map_err(staging_error)?;
    let input = ExportInput { plan: &plan, model: &model, files: &files, provenance: &provenance };
    let result = exporter.export(&input, &mut |name, bytes| staging.write(name, bytes));
    result.map_err(|error| match error {
        ExportError::Inexpressible { .. } => Error::input(error),
        source => Error::run(StagingError::Failed { source, out: args.out.clone() }),
    })?;
    staging.finish().map_err(staging_error)
}

fn staging_error(error: StagingError) -> Error {
    match error {
        StagingError::Occupied { .. } => Error::input(error),
        StagingError::Busy(_) | StagingError::Failed { .. } | StagingError::Io { .. } => Error::run(error),
    }
}
