//! The store, for looking at one study of it.

use std::path::Path;

use attune_core::store::{Record, RunNote, StudyHeader};
use attune_store::ReadStore;

use crate::error::{ContinueError, Error, NoStore};

/// The store in `path`, in which `study` is looked for.
///
/// # Errors
/// When there is no store, or it is none that this program reads.
pub fn store_of(study: &str, path: &Path) -> Result<ReadStore, Error> {
    if !path.exists() {
        return Err(Error::input(NoStore { study: study.to_owned(), path: path.to_owned() }));
    }
    ReadStore::open(path).map_err(Error::input)
}

/// What a store holds of a study.
pub struct StoredStudy {
    /// Its identity.
    pub header: StudyHeader,
    /// All records, the header included.
    pub records: Vec<Record>,
    /// Notes on its runs.
    pub notes: Vec<RunNote>,
}

impl StoredStudy {
    /// Reads a study.
    ///
    /// # Errors
    /// When there is no such study, or its journal cannot be read.
    pub fn read(store: &ReadStore, study: &str) -> Result<Self, Error> {
        let records = store.records(study).map_err(Error::input)?;
        let notes = store.notes_on(study).map_err(Error::run)?;
        let Some(Record::Header(header)) = records.first() else {
            return Err(Error::run(ContinueError::NoHeader { study: study.to_owned() }));
        };
        Ok(Self { header: (**header).clone(), records, notes })
    }
}
