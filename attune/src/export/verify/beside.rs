//! What a check needs for as long as it lasts: a folder beside the export, on the same disk.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::{Error, VerifyError};

/// What follows the name of the export in the name of the folder; then comes what tells checks apart.
const NAME: &str = ".attune-verify-";
/// The file that marks the folder as one of a check, which holds a lock on it: the operating system gives that back when the process
/// ends, however that happens.
const MARK: &str = ".attune-check";

/// A hidden folder that is removed at the end.
pub(super) struct Beside {
    path: PathBuf,
    /// Held until the end.
    _mark: File,
}

impl Beside {
    /// Makes it, empty and of this check alone. Those that killed checks of the same export left are removed.
    ///
    /// # Errors
    /// Whatever the operating system says.
    pub(super) fn make(out: &Path) -> Result<Self, Error> {
        let mut prefix = OsString::from(".");
        prefix.push(out.file_name().unwrap_or_default());
        prefix.push(NAME);
        let parent = out.with_file_name("");
        if !parent.as_os_str().is_empty() {
            fs::create_dir_all(&parent).map_err(|source| failed("create", &parent, source))?;
        }
        sweep(&parent, &prefix);
        let process = std::process::id();
        let named = |number: u32| {
            let mut name = prefix.clone();
            name.push(format!("{process}-{number}"));
            out.with_file_name(name)
        };
        for path in (0..).map(named) {
            match fs::create_dir(&path) {
                Ok(()) => {
                    let mark = mark(&path).map_err(|source| failed("mark", &path, source))?;
                    return Ok(Self { path, _mark: mark });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(failed("create", &path, source)),
            }
        }
        Err(failed("create", &named(u32::MAX), ErrorKind::AlreadyExists.into()))
    }

    /// An empty folder in it.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        fs::create_dir(&path).map_err(|source| failed("create", &path, source))?;
        Ok(path)
    }

    /// A file in it.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        fs::write(&path, bytes).map_err(|source| failed("write", &path, source))?;
        Ok(path)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // What stays is removed by the next check.
        drop(fs::remove_dir_all(&self.path));
    }
}

/// Marks a folder. The mark is there once it is held: nobody takes the folder for one that was left.
fn mark(folder: &Path) -> io::Result<File> {
    let new = folder.join("new");
    let file = File::create_new(&new)?;
    file.lock()?;
    fs::rename(&new, folder.join(MARK))?;
    Ok(file)
}

/// Removes folders whose mark nobody holds. One that stays takes room and does no harm.
fn sweep(parent: &Path, prefix: &OsString) {
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let is_named = entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes());
        let Ok(mark) = File::open(entry.path().join(MARK)) else { continue };
        if is_named && mark.try_lock().is_ok() {
            drop(fs::remove_dir_all(entry.path()));
        }
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::run(VerifyError::Io { action, path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_one_export_have_folders_of_their_own_and_remove_what_killed_ones_left() {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("new/out");
        let (one, other) = (Beside::make(&out).unwrap(), Beside::make(&out).unwrap());
        let kept = one.write("reference", b"1").unwrap();
        // A person's, whatever it is called, and what a killed check leaves.
        let (own, left) = (".out.attune-verify-mine", ".out.attune-verify-0-0");
        let [own, left] = [own, left].map(|name| out.with_file_name(name));
        fs::create_dir(&own).unwrap();
        fs::create_dir(&left).unwrap();
        drop(mark(&left).unwrap());
        drop(other);
        let third = Beside::make(&out).unwrap();
        assert!(kept.exists() && own.exists() && !left.exists());
        drop((one, third));
        assert_eq!(fs::read_dir(out.parent().unwrap()).unwrap().count(), 1, "all but the person's");
    }
}
