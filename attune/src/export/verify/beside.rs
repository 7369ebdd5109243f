//! What a check needs for as long as it lasts: a folder beside the export, on the same disk.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, VerifyError};

/// A hidden folder that is removed at the end.
pub(super) struct Beside(PathBuf);

impl Beside {
    /// Makes it, empty. One that a killed check left is taken over.
    ///
    /// # Errors
    /// Whatever the operating system says.
    pub(super) fn make(out: &Path) -> Result<Self, Error> {
        let mut name = OsString::from(".");
        name.push(out.file_name().unwrap_or_default());
        name.push(".attune-verify");
        let beside = Self(out.with_file_name(name));
        if beside.0.exists() {
            fs::remove_dir_all(&beside.0).map_err(|source| failed("remove", &beside.0, source))?;
        }
        fs::create_dir_all(&beside.0).map_err(|source| failed("create", &beside.0, source))?;
        Ok(beside)
    }

    /// An empty folder in it.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        fs::create_dir(&path).map_err(|source| failed("create", &path, source))?;
        Ok(path)
    }

    /// A file in it.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        fs::write(&path, bytes).map_err(|source| failed("write", &path, source))?;
        Ok(path)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // What stays is taken over by the next check.
        drop(fs::remove_dir_all(&self.0));
    }
}

fn failed(action: &'static str, path: &Path, source: std::io::Error) -> Error {
    Error::run(VerifyError::Io { action, path: path.to_owned(), source })
}
