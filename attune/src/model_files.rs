//! The files of a model folder, for exporters.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use attune_core::exporter::ModelFiles;

/// A folder on disk.
#[derive(Clone)]
pub(crate) struct Folder {
    path: PathBuf,
    names: Vec<String>,
}

impl Folder {
    /// No files.
    pub(crate) fn empty() -> Self {
        Self { path: PathBuf::new(), names: Vec::new() }
    }

    /// Lists the regular files directly inside `path`, without hidden ones.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Links count as what they point to: model caches are made of them.
            if entry.path().is_file() && !name.starts_with('.') {
                names.push(name);
            }
        }
        names.sort();
        Ok(Self { path: path.to_owned(), names })
    }
}

impl ModelFiles for Folder {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn read(&self, name: &str) -> std::io::Result<Cow<'_, [u8]>> {
        std::fs::read(self.path.join(name)).map(Cow::Owned)
    }
}
