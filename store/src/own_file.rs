//! Opening what belongs to a store: regular files and folders of its own, never what a link points to.
//!
//! A store may come from somebody else. Whatever lies in it, opening it changes nothing outside of it, and no device or
//! pipe is read as if it were a log.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use attune_core::store::StoreError;

use crate::error;

/// Opens a file for reading.
pub(crate) fn read(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

/// Opens a file for reading and writing.
pub(crate) fn write(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true).write(true), path)
}

/// Opens a file for reading and writing, or creates it.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true).write(true).create(true), path)
}

/// A new, empty file in place of what a start that was killed left there.
pub(crate) fn fresh(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    File::create_new(path)
}

/// Refuses a folder that is a link or no folder; one that is not there is none of either.
pub(crate) fn check_folder(path: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(found) => Err(error::io("open", path)(if found.is_symlink() { link() } else { not("folder") })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error::io("open", path)(error)),
    }
}

/// Refuses a folder that holds a link or a file with another name elsewhere, for those who write to files in it by their
/// own means.
pub(crate) fn check_tree(path: &Path) -> Result<(), StoreError> {
    check_folder(path)?;
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error::io("read", path)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(error::io("read", path))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(error::io("read", path))?);
        if kind.is_dir() {
            check_tree(&path)?;
        } else if !kind.is_file() {
            return Err(error::io("open", &path)(if kind.is_symlink() { link() } else { not("file") }));
        } else if names(&entry) > 1 {
            let text = "it has another name elsewhere, where it would change as well; move it away: `attune doctor --repair` \
                        makes it anew";
            return Err(error::io("open", &path)(io::Error::new(io::ErrorKind::InvalidInput, text)));
        }
    }
    Ok(())
}

#[cfg(unix)]
fn names(file: &fs::DirEntry) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    file.metadata().map_or(1, |found| found.nlink())
}

/// Elsewhere the standard library does not tell.
#[cfg(not(unix))]
fn names(_: &fs::DirEntry) -> u64 {
    1
}

/// Whether `path` still names `file`; false when it was removed, moved or replaced.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let (open, named) = (file.metadata()?, fs::symlink_metadata(path));
    match named {
        Ok(named) => Ok((open.dev(), open.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Elsewhere an open file cannot be removed.
#[cfg(not(unix))]
pub(crate) fn is_at(_: &File, path: &Path) -> io::Result<bool> {
    Ok(path.exists())
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // Without blocking: opening a pipe would wait for somebody at its other end.
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let is_link = || fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    if cfg!(not(unix)) && is_link() {
        return Err(link());
    }
    let file = options.open(path).map_err(|error| if is_link() { link() } else { error })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not("file")) }
}

fn link() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "it is a link, and inside a store attune follows none; put what it points to in its place, or choose another \
         store with --store DIR",
    )
}

fn not(kind: &str) -> io::Error {
    let text = format!("it is no regular {kind}; move it away, or choose another store with --store DIR");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}
