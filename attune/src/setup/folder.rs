//! Folders that a profile names.

use std::path::{Path, PathBuf};

use crate::error::{Error, FolderError};

/// The absolute path of a folder that must exist.
pub(crate) fn absolute(base: &Path, path: &str) -> Result<PathBuf, Error> {
    let joined = base.join(path);
    joined
        .canonicalize()
        .map_err(|error| Error::input(FolderError::OfProfile { folder: joined.clone(), source: error }))
}
