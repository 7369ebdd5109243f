//! Where an export stands until it is whole: a folder under its final name holds everything or nothing of it.

use std::borrow::Cow;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use attune_core::exporter::{FileSink, ModelFiles, OpenFile};
use attune_export::{Earlier, EarlierError, MANIFESTS, earlier};

use crate::error::StagingError;

/// Name of the folder for what is not whole yet, inside of a folder that exists; beside one that does not, after its name.
const PART: &str = ".attune-part";
/// Held by the process that writes.
const LOCK: &str = ".lock";

/// An export that is being written.
///
/// A new folder is written beside its name and renamed: whoever kills the export leaves no such folder. An existing folder
/// may be a mount point or somebody's link, so there the files are written into a hidden folder inside, and moved out when
/// all of them are whole; the file that names the study comes last, so that what a kill leaves behind can be recognised
/// and replaced by the next export of the same study.
pub(super) struct Staging {
    out: PathBuf,
    part: PathBuf,
    /// Whether `out` is not there yet.
    fresh: bool,
    /// Held until the end; the operating system gives it back when the process ends, however that happens.
    lock: File,
    /// What an earlier export of the same study left.
    replaced: Vec<String>,
    /// Names and sizes, in the order of writing.
    written: Vec<(String, u64)>,
    /// Whether some files are in their place and others are not.
    torn: bool,
}

impl Staging {
    /// Looks at `out` and makes room beside it.
    ///
    /// # Errors
    /// When `out` holds anything but an earlier export of `study`, is no folder, or another process exports to it.
    pub(super) fn begin(out: &Path, study: &str) -> Result<Self, StagingError> {
        let fresh = match fs::metadata(out) {
            Ok(found) if found.is_dir() => false,
            Ok(_) => return Err(occupied(out, "it is a file")),
            Err(_) if fs::symlink_metadata(out).is_ok() => {
                return Err(occupied(out, "it is a link that leads nowhere"));
            }
            Err(_) => true,
        };
        let part = if fresh { beside(out)? } else { out.join(PART) };
        fs::create_dir_all(&part).map_err(|error| failed("create", out, error))?;
        let lock = locked(&part, out)?;
        let mut begun = Self {
            out: out.to_owned(),
            part,
            fresh,
            lock,
            replaced: Vec::new(),
            written: Vec::new(),
            torn: false,
        };
        if !fresh {
            begun.replaced = begun.replaceable(study)?;
        }
        begun.clear().map_err(|error| failed("empty", &begun.part, error))?;
        Ok(begun)
    }

    /// Puts everything in its place, and what was there before away. Returns the files with their sizes.
    ///
    /// # Errors
    /// Whatever the operating system says; running the same export again then puts things right.
    pub(super) fn finish(mut self) -> Result<Vec<(PathBuf, u64)>, StagingError> {
        if self.fresh {
            fs::remove_file(self.part.join(LOCK)).map_err(|error| failed("remove", &self.part, error))?;
            fs::rename(&self.part, &self.out).map_err(|error| failed("create", &self.out, error))?;
        } else {
            self.torn = true;
            for name in &self.replaced {
                let path = self.out.join(name);
                fs::remove_file(&path).map_err(|error| failed("replace", &path, error))?;
            }
            for (name, _) in &self.written {
                let path = self.out.join(name);
                fs::rename(self.part.join(name), &path).map_err(|error| failed("write", &path, error))?;
            }
            self.torn = false;
        }
        let written = std::mem::take(&mut self.written);
        Ok(written.into_iter().map(|(name, bytes)| (self.out.join(name), bytes)).collect())
    }

    /// The files of an earlier export of `study`, when there is nothing else.
    fn replaceable(&self, study: &str) -> Result<Vec<String>, StagingError> {
        let refuse = |found: String| occupied(&self.out, &format!("it is not empty: {found}"));
        let files = Left::of(&self.out, &self.part).map_err(|error| failed("read", &self.out, error))?;
        if let Some(folder) = &files.other {
            return Err(refuse(format!("{folder} is not from an export of attune")));
        }
        let size = |name: &str| files.path(name).metadata().map(|found| found.len());
        match earlier(&files, &size) {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(Earlier { study: other, files: found })) if other == study => {
                Ok(found.into_iter().filter(|name| files.visible.contains(name)).collect())
            }
            Ok(Some(Earlier { study: other, .. })) => {
                Err(refuse(format!("it holds an export of study `{other}`")))
            }
            Err(error @ (EarlierError::Foreign(_) | EarlierError::Changed(_))) => {
                Err(refuse(error.to_string()))
            }
            Err(EarlierError::Io { file, source }) => Err(failed("read", &files.path(&file), source)),
        }
    }

    /// Removes what a killed export left, but for the lock.
    fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.part)? {
            let entry = entry?;
            if entry.file_name() != LOCK {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl FileSink for Staging {
    fn begin(&mut self, name: &str) -> io::Result<Box<dyn OpenFile + '_>> {
        let path = self.part.join(name);
        let file = File::create_new(&path)?;
        let name = Some(name.to_owned());
        Ok(Box::new(Begun { file, path, name, bytes: 0, written: &mut self.written }))
    }
}

/// A file of an export that is being written; it is on disk once it is finished, and gone when it is dropped before.
struct Begun<'a> {
    file: File,
    path: PathBuf,
    /// None once it is finished.
    name: Option<String>,
    bytes: u64,
    written: &'a mut Vec<(String, u64)>,
}

impl io::Write for Begun<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl OpenFile for Begun<'_> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.file.sync_all()?;
        let bytes = self.bytes;
        self.written.extend(self.name.take().map(|name| (name, bytes)));
        Ok(())
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if self.name.is_some() {
            // What cannot be removed stays in the hidden folder, which goes when the export fails.
            drop(fs::remove_file(&self.path));
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What was moved can only be told from what a person put there by the manifest that was not.
        if !self.torn {
            // After a rename there is nothing to remove, and a part that stays is removed by the next export.
            drop(fs::remove_dir_all(&self.part));
        }
        drop(self.lock.unlock());
    }
}

/// What a folder holds, with the manifest that a killed export did not move any more.
struct Left {
    out: PathBuf,
    part: PathBuf,
    /// Files under their names.
    visible: Vec<String>,
    /// The manifest in the hidden folder, when there is none outside.
    manifest: Option<&'static str>,
    /// Anything that is no file.
    other: Option<String>,
}

impl Left {
    fn of(out: &Path, part: &Path) -> io::Result<Self> {
        let (visible, other) = listed(out, PART)?;
        let (hidden, _) = listed(part, LOCK)?;
        let among = |names: &[String]| {
            MANIFESTS.into_iter().find(|manifest| names.iter().any(|name| name == manifest))
        };
        let moving = !visible.is_empty() && among(&visible).is_none();
        let manifest = if moving { among(&hidden) } else { None };
        Ok(Self { out: out.to_owned(), part: part.to_owned(), visible, manifest, other })
    }

    fn path(&self, name: &str) -> PathBuf {
        let folder = if self.manifest == Some(name) { &self.part } else { &self.out };
        folder.join(name)
    }
}

impl ModelFiles for Left {
    fn names(&self) -> Vec<String> {
        let hidden = self.manifest.map(str::to_owned);
        let mut names: Vec<String> = self.visible.iter().cloned().chain(hidden).collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        fs::read(self.path(name)).map(Cow::Owned)
    }
}

/// The files of a folder in name order, and one entry that is no file, if there is one; `but` does not count.
fn listed(folder: &Path, but: &str) -> io::Result<(Vec<String>, Option<String>)> {
    let (mut files, mut other) = (Vec::new(), None);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name == but {
            continue;
        }
        if entry.file_type()?.is_file() {
            files.push(name);
        } else {
            other = Some(name);
        }
    }
    files.sort();
    Ok((files, other))
}

/// The folder beside `out` in which it is written.
fn beside(out: &Path) -> Result<PathBuf, StagingError> {
    let name = out.file_name().ok_or_else(|| occupied(out, "that is no name for a new folder"))?;
    let mut part = std::ffi::OsString::from(".");
    part.push(name);
    part.push(PART);
    Ok(out.with_file_name(part))
}

fn locked(part: &Path, out: &Path) -> Result<File, StagingError> {
    let path = part.join(LOCK);
    let opened = File::options().write(true).create(true).truncate(false).open(&path);
    let file = opened.map_err(|error| failed("create", &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StagingError::Busy(out.to_owned())),
        Err(TryLockError::Error(error)) => Err(failed("lock", &path, error)),
    }
}

fn occupied(out: &Path, found: &str) -> StagingError {
    StagingError::Occupied { out: out.to_owned(), found: found.to_owned() }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> StagingError {
    StagingError::Io { action, path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
