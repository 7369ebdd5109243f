//! What a build made.

use std::path::PathBuf;

/// A component that has been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The file: `NAME.wasm` in the folder of the project.
    pub file: PathBuf,
    /// Its bytes.
    pub bytes: usize,
    /// What made it, in one line.
    pub toolchain: String,
}
