//! Nothing is deleted to get past an error: it is kept under another name.

use std::path::{Path, PathBuf};
use std::{fs, io};

use attune_core::store::StoreError;

use crate::error;
use crate::layout::sync_folder;
use crate::own_file;

/// Copies a file to the next free `<name>.damaged-N` beside it.
pub(crate) fn copy(path: &Path) -> Result<PathBuf, StoreError> {
    let to = free_name(path);
    let copy = || {
        let mut new = fs::File::create_new(&to)?;
        io::copy(&mut own_file::read(path)?, &mut new)?;
        new.sync_all()
    };
    copy().map_err(error::io("copy", path))?;
    synced(to)
}

/// Renames a file or folder to the next free `<name>.damaged-N` beside it.
pub(crate) fn rename(path: &Path) -> Result<PathBuf, StoreError> {
    let to = free_name(path);
    fs::rename(path, &to).map_err(error::io("rename", path))?;
    synced(to)
}

fn free_name(path: &Path) -> PathBuf {
    let name = |number: u64| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{number}"));
        PathBuf::from(name)
    };
    (1..).map(name).find(|candidate| fs::symlink_metadata(candidate).is_err()).unwrap_or_else(|| name(0))
}

fn synced(path: PathBuf) -> Result<PathBuf, StoreError> {
    path.parent().map_or(Ok(()), sync_folder)?;
    Ok(path)
}
