//! The sources of guests as they are compiled: below one folder, which is their workspace.
//!
//! The number grids and the systems stand beside the hosts' crates, outside of the guests' workspace, and for a crate outside of a
//! workspace cargo makes the folder of this checkout part of what decides the names, and with them the order, of functions. So they are
//! compiled from a copy that has them inside, and components are the same bytes wherever the checkout is.

use std::fs;
use std::path::{Path, PathBuf};

use attune_author::grids;

use super::PluginsError;
use super::sums::BUILD_FOLDER;

/// Folders of the repository that are copied.
const FOLDERS: [&str; 7] =
    ["guests", "wit", "wit-evaluator", "wit-plugin", "wit-profiling", "wit-progress", "wit-variation"];
/// Where the SDK looks for the grids in the repository, and in the copy.
const PLACES: [&str; 2] = ["\"../../../grids\"", "\"grids\""];
/// Where guests look for the systems in the repository, and in the copy.
const SYSTEMS: [&str; 2] = ["\"../../../systems/", "\"../systems/"];
/// What a manifest has to say of tests, which a copy does not have.
const TESTS: &str = "[dev-dependencies]";

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
    let guests = folder.join("guests");
    for guest in folders(&guests)? {
        let [[grids, copied_grids], [systems, copied_systems]] = [PLACES, SYSTEMS];
        change(&guest.join("Cargo.toml"), |text| {
            text.replace(grids, copied_grids).replace(systems, copied_systems)
        })?;
    }
    let systems = guests.join("systems");
    for system in folders(&root.join("systems"))? {
        let copied = systems.join(system.file_name().unwrap_or_default());
        copy(&system, &copied)?;
        change(&copied.join("Cargo.toml"), without_tests)?;
    }
    Ok(guests)
}

/// A manifest without what only tests need: crates of the guests' workspace have none.
fn without_tests(manifest: &str) -> String {
    let Some((before, section)) = manifest.split_once(TESTS) else { return manifest.to_owned() };
    let after = section.find("\n[").map_or("", |next| &section[next + 1..]);
    format!("{before}{after}")
}

/// The folders of crates in a folder, in name order.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, PluginsError> {
    let failed = |source| PluginsError::io("read", folder, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.join("Cargo.toml").is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn change(path: &Path, change: impl Fn(&str) -> String) -> Result<(), PluginsError> {
    let text = fs::read_to_string(path).map_err(|source| PluginsError::io("read", path, source))?;
    write(path, change(&text).as_bytes())
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

#[cfg(test)]
mod tests {
    use super::without_tests;

    #[test]
    fn a_copy_needs_nothing_for_tests() {
        let section = "[dev-dependencies]\nproptest.workspace = true\n\n";
        let (before, after) = ("[package]\nname = \"x\"\n\n", "[lints]\nworkspace = true\n");
        assert_eq!(without_tests(&format!("{before}{section}{after}")), format!("{before}{after}"));
        assert_eq!(without_tests(&format!("{before}{section}")), before);
        assert_eq!(without_tests(before), before);
    }
}
