//! Folders to work in, and messages without their paths.

use std::path::{Path, PathBuf};

use attune_store::Note;

/// A folder that is gone with this value, and a store's place in it.
pub(crate) struct Scratch {
    _folder: tempfile::TempDir,
    /// Where the store is.
    pub(crate) store: PathBuf,
}

impl Scratch {
    /// An empty place for a store.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        Self { _folder: folder, store }
    }

    /// A copy of a committed store.
    pub(crate) fn copy_of(fixture: &Path) -> Self {
        let scratch = Self::new();
        copy(fixture, &scratch.store);
        scratch
    }

    /// A file in the store.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.store.join(name)
    }

    /// A message with the store's folder as `STORE`.
    pub(crate) fn message(&self, message: impl ToString) -> String {
        message.to_string().replace(&self.store.display().to_string(), "STORE")
    }

    /// Notes as messages.
    pub(crate) fn messages(&self, notes: &[Note]) -> Vec<String> {
        notes.iter().map(|note| self.message(note)).collect()
    }
}

/// A committed file or folder.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Copies a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
