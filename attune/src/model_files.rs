//! The files of a model folder, for exporters.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_core::choices::Choices;
use attune_core::exporter::ModelFiles;
use attune_core::plan::Edit;

/// A folder on disk.
#[derive(Clone)]
pub(crate) struct Folder {
    path: PathBuf,
    names: Vec<String>,
    /// What an evaluator chose for edits of a plan.
    choices: Choices,
}

impl Folder {
    /// No files.
    pub(crate) fn empty() -> Self {
        Self { path: PathBuf::new(), names: Vec::new(), choices: Choices::default() }
    }

    /// Lists the regular files directly inside `path`, without hidden ones.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
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
        Ok(Self { path: path.to_owned(), names, choices: Choices::default() })
    }
}

#[cfg(feature = "export")]
impl Folder {
    /// The same with what an evaluator chose for edits of a plan.
    pub(crate) fn with(self, choices: Choices) -> Self {
        Self { choices, ..self }
    }
}

impl ModelFiles for Folder {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        std::fs::read(self.path.join(name)).map(Cow::Owned)
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        std::fs::metadata(self.path.join(name)).map(|found| found.len())
    }

    fn read_part(&self, name: &str, part: Range<u64>) -> io::Result<Cow<'_, [u8]>> {
        let mut file = File::open(self.path.join(name))?;
        file.seek(SeekFrom::Start(part.start))?;
        let length = usize::try_from(part.end - part.start).map_err(io::Error::other)?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    fn chosen(&self, edit: &Edit) -> Option<&[Arc<[u8]>]> {
        self.choices.of(edit)
    }
}
