//! Errors: faults of files become errors that name the way out.

use std::io;
use std::path::Path;

use attune_core::store::StoreError;

use crate::line::{LineFault, VERSION};
use crate::wire::WireError;

/// What a person can do about a damaged log or index.
pub(crate) const REPAIR: &str =
    "`attune doctor --repair` keeps what can be read and moves the damaged file aside";
/// What a person can do about a file of another version.
pub(crate) const OTHER_VERSION: &str =
    "use the attune that wrote it or a newer one, or another store with --store DIR";

/// Names what was tried on which file.
pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.display().to_string();
    move |source| StoreError::Io { action, path, source }
}

/// A damaged log or index.
pub(crate) fn damaged(path: &Path, place: String, detail: String) -> StoreError {
    StoreError::Damaged { path: path.display().to_string(), place, detail, hint: REPAIR.to_owned() }
}

/// A faulty line.
pub(crate) fn bad_line(path: &Path, line: u64, fault: LineFault) -> StoreError {
    match fault {
        LineFault::Version(found) => other_version(path, format!("{found} at line {line}")),
        fault => damaged(path, format!("line {line}"), fault.to_string()),
    }
}

/// An intact line whose record has no meaning here: it was written by something newer.
pub(crate) fn bad_record(path: &Path, line: u64, fault: &WireError) -> StoreError {
    other_version(path, format!("{VERSION} with something unknown at line {line} ({fault})"))
}

/// A file of another version.
pub(crate) fn other_version(path: &Path, found: String) -> StoreError {
    StoreError::Version {
        path: path.display().to_string(),
        found,
        expected: VERSION.to_string(),
        hint: OTHER_VERSION.to_owned(),
    }
}
