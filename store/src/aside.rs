//! Nothing is deleted to get past an error: it is kept under another name.

use std::fs;
use std::path::{Path, PathBuf};

use attune_core::store::StoreError;

use crate::error::io;
use crate::layout::sync_folder;

/// Copies a file to the next free `<name>.damaged-N` beside it.
pub(crate) fn copy(path: &Path) -> Result<PathBuf, StoreError> {
    let to = free_name(path);
    let copy = || {
        fs::copy(path, &to)?;
        fs::File::open(&to)?.sync_all()
    };
    copy().map_err(io("copy", path))?;
    synced(to)
}

/// Renames a file or folder to the next free `<name>.damaged-N` beside it.
pub(crate) fn rename(path: &Path) -> Result<PathBuf, StoreError> {
    let to = free_name(path);
    fs::rename(path, &to).map_err(io("rename", path))?;
    synced(to)
}

fn free_name(path: &Path) -> PathBuf {
    let name = |number: u64| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}"));
        PathBuf::from(name)
    };
    (1..).map(name).find(|candidate| !candidate.exists()).unwrap_or_else(|| name(0))
}

fn synced(path: PathBuf) -> Result<PathBuf, StoreError> {
    path.parent().map_or(Ok(()), sync_folder)?;
    Ok(path)
}
