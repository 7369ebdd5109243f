//! The sources of guests as they are compiled: below one folder, which is their workspace.
//!
//! The number grids stand beside the hosts' crates, outside of the guests' workspace, and for a crate outside of a workspace cargo makes
//! the folder of this checkout part of what decides the names, and with them the order, of functions. So they are compiled from a copy
//! that has them inside, and components are the same bytes wherever the checkout is.

use std::fs;
use std::path::{Path, PathBuf};

use attune_author::grids;

use super::PluginsError;
use super::sums::BUILD_FOLDER;

/// Folders of the repository that are copied.
const FOLDERS: [&str; 6] = ["guests", "wit", "wit-plugin", "wit-profiling", "wit-progress", "wit-variation"];
/// Where the SDK looks for the grids in the repository, and in the copy.
const PLACES: [&str; 2] = ["\"../../../grids\"", "\"grids\""];

/// Makes the copy in `folder`, whose earlier content goes; returns the folder of the guests in it.
pub(super) fn stage(root: &Path, folder: &Path) -> Result<PathBuf, PluginsError> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|source| PluginsError::io("remove", folder, source))?;
    }
    for name in FOLDERS {
        copy(&root.join("plugins").join(name), &folder.join(name))?;
    }
    let sdk = folder.join("guests/sdk");
    for (path, content) in grids() {
        write(&sdk.join("grids").join(path), content.as_bytes())?;
    }
    let manifest = sdk.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(|source| PluginsError::io("read", &manifest, source))?;
    let [there, here] = PLACES;
    write(&manifest, text.replace(there, here).as_bytes())?;
    Ok(folder.join("guests"))
}

fn copy(from: &Path, to: &Path) -> Result<(), PluginsError> {
    if from.is_file() {
        let content = fs::read(from).map_err(|source| PluginsError::io("read", from, source))?;
        return write(to, &content);
    }
    let entries = fs::read_dir(from).map_err(|source| PluginsError::io("read", from, source))?;
    for entry in entries {
        let name = entry.map_err(|source| PluginsError::io("read", from, source))?.file_name();
        if name != BUILD_FOLDER {
            copy(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<(), PluginsError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|source| PluginsError::io("make", folder, source))?;
    fs::write(path, content).map_err(|source| PluginsError::io("write", path, source))
}
