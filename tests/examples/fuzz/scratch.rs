//! A folder of this process for targets that read files.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("attune-fuzz-{}", std::process::id()));
    make(&folder);
    folder
});

fn make(folder: &Path) {
    if let Err(error) = std::fs::create_dir_all(folder) {
        panic!("{}: {error}", folder.display());
    }
}

/// A folder for one target.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = FOLDER.join(name);
    make(&folder);
    folder
}

/// Writes a file there, with the folders that it is in.
pub(crate) fn write(path: &Path, bytes: &[u8]) {
    path.parent().into_iter().for_each(make);
    if let Err(error) = std::fs::write(path, bytes) {
        panic!("{}: {error}", path.display());
    }
}

/// The contents of these files; those that are not there are left out.
pub(crate) fn contents(root: &Path, files: &[&str]) -> Vec<Vec<u8>> {
    files.iter().filter_map(|file| std::fs::read(root.join(file)).ok()).collect()
}

/// The contents of all files in these folders with one extension.
pub(crate) fn all(root: &Path, folders: &[&str], extension: &str) -> Vec<Vec<u8>> {
    let listed = folders.iter().filter_map(|folder| std::fs::read_dir(root.join(folder)).ok()).flatten();
    let mut files: Vec<PathBuf> = listed.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    files.iter().filter_map(|file| std::fs::read(file).ok()).collect()
}
