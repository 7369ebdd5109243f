//! The store, for looking at one study of it.

use std::path::Path;

use attune_store::ReadStore;

use crate::error::CliError;

/// The store in `path`, in which `study` is looked for.
///
/// # Errors
/// When there is no store, or it is none that this program reads.
pub(crate) fn store_of(study: &str, path: &Path) -> Result<ReadStore, CliError> {
    if !path.exists() {
        return Err(CliError::Input(format!(
            "there is no study `{study}`: there is no store in {} yet; `attune run PROFILE` makes it, `--store DIR` names \
             another one",
            path.display()
        )));
    }
    ReadStore::open(path).map_err(CliError::input)
}
