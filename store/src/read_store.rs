//! Reading a store, also while another process writes to it.

use std::path::Path;

use attune_core::store::{Record, RunNote, StoreError};
use attune_core::suggest::hint;

use crate::journal;
use crate::layout::{Layout, LogName};
use crate::log;
use crate::name::check_name;

/// A store as text, without locking anything and without the index. A line that its writer is just writing is not there
/// yet.
#[derive(Clone, Debug)]
pub struct ReadStore {
    pub(crate) layout: Layout,
}

impl ReadStore {
    /// The store in `path`.
    ///
    /// # Errors
    /// When there is none, or it has another format.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { layout: Layout::existing(path)? })
    }

    /// Names of all studies, in name order.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn studies(&self) -> Result<Vec<String>, StoreError> {
        journal::studies(&self.layout)
    }

    /// All records of a study, oldest first.
    ///
    /// # Errors
    /// [`StoreError::UnknownStudy`] with the nearest known name, or what is wrong with the journal.
    pub fn records(&self, study: &str) -> Result<Vec<Record>, StoreError> {
        check_name(study)?;
        let records = journal::records(&self.layout, study)?;
        if records.is_empty() {
            let known = self.studies()?;
            return Err(StoreError::UnknownStudy {
                study: study.to_owned(),
                path: self.layout.root().display().to_string(),
                hint: hint(study, known.iter().map(String::as_str)),
            });
        }
        Ok(records)
    }

    /// All notes on runs of a study, oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn notes_on(&self, study: &str) -> Result<Vec<RunNote>, StoreError> {
        check_name(study)?;
        log::read_all(&self.layout.log(&LogName::Runs(study.to_owned())))
    }
}
