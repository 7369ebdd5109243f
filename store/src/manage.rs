//! Studies as things that one can handle: remove, rename, copy.
//!
//! A study is its journal and the notes on its runs; its name is the name of these files. What it evaluated is in the
//! cache and stays there, for every other study.

use std::fs;
use std::path::Path;

use attune_core::store::StoreError;
use attune_core::suggest::hint;

use crate::error::io;
use crate::index::Index;
use crate::journal;
use crate::layout::{Layout, LogName, sync_folder};
use crate::lock::Lock;
use crate::log::{Lines, Position};
use crate::name::check_name;

/// Removes a study of the store in `path`, with the notes on its runs. Evaluations stay.
///
/// # Errors
/// When there is no such study, somebody works on it, or a file cannot be removed.
pub fn remove(path: &Path, study: &str) -> Result<(), StoreError> {
    let store = Handled::open(path, study)?;
    // The journal last: until it is gone, the study is there and can be removed again.
    for log in logs(study).iter().rev() {
        store.take_away(log)?;
    }
    store.sync()
}

/// Gives a study of the store in `path` another name. Its journal stays as it is, to the byte.
///
/// # Errors
/// As [`remove`], and when there is a study `to` already or `to` is no name.
pub fn rename(path: &Path, study: &str, to: &str) -> Result<(), StoreError> {
    let store = Handled::open(path, study)?;
    store.free(to)?;
    for (from, to) in logs(study).iter().zip(&logs(to)).rev() {
        let (from, to) = (store.layout.log(from), store.layout.log(to));
        if from.exists() {
            fs::rename(&from, &to).map_err(io("rename", &from))?;
        }
    }
    store.forget(study)?;
    store.sync()
}

/// Makes a second study of one in the store in `path`: its trials so far, and from there on a life of its own.
///
/// # Errors
/// As [`rename`].
pub fn copy(path: &Path, study: &str, to: &str) -> Result<(), StoreError> {
    let store = Handled::open(path, study)?;
    store.free(to)?;
    for (from, to) in logs(study).iter().zip(&logs(to)).rev() {
        let (from, to) = (store.layout.log(from), store.layout.log(to));
        if from.exists() {
            let new = to.with_extension("jsonl.new");
            let copy = || {
                fs::copy(&from, &new)?;
                fs::File::open(&new)?.sync_all()?;
                fs::rename(&new, &to)
            };
            copy().map_err(io("copy", &from))?;
        }
    }
    store.sync()
}

/// The files of a study, the one that makes it a study first.
fn logs(study: &str) -> [LogName; 2] {
    [LogName::Journal(study.to_owned()), LogName::Runs(study.to_owned())]
}

/// A store in which nobody works on the study that is handled.
struct Handled {
    layout: Layout,
    _lock: Lock,
}

impl Handled {
    fn open(path: &Path, study: &str) -> Result<Self, StoreError> {
        check_name(study)?;
        let layout = Layout::existing(path)?;
        let known = journal::studies(&layout)?;
        // A journal without a whole line is no study, but in the way of one.
        if !layout.log(&LogName::Journal(study.to_owned())).exists() {
            return Err(StoreError::UnknownStudy {
                study: study.to_owned(),
                path: layout.root().display().to_string(),
                hint: hint(study, known.iter().map(String::as_str)),
            });
        }
        let lock = Lock::take(&layout)?;
        Ok(Self { layout, _lock: lock })
    }

    /// Refuses a name that another study has.
    fn free(&self, name: &str) -> Result<(), StoreError> {
        check_name(name)?;
        let journal = self.layout.log(&LogName::Journal(name.to_owned()));
        let taken = Lines::open(&journal, Position::default())?.is_some();
        if taken { Err(StoreError::NameTaken { study: name.to_owned() }) } else { Ok(()) }
    }

    fn take_away(&self, log: &LogName) -> Result<(), StoreError> {
        let file = self.layout.log(log);
        if file.exists() {
            fs::remove_file(&file).map_err(io("remove", &file))?;
        }
        self.index()?.map_or(Ok(()), |index| index.forget(log))
    }

    fn forget(&self, study: &str) -> Result<(), StoreError> {
        let Some(index) = self.index()? else { return Ok(()) };
        logs(study).iter().try_for_each(|log| index.forget(log))
    }

    fn index(&self) -> Result<Option<Index>, StoreError> {
        let database = self.layout.database();
        database.exists().then(|| Index::open(&database)).transpose()
    }

    fn sync(&self) -> Result<(), StoreError> {
        let folder = |log: &LogName| self.layout.log(log).parent().map(Path::to_path_buf);
        logs("x")
            .iter()
            .filter_map(folder)
            .filter(|folder| folder.exists())
            .try_for_each(|it| sync_folder(&it))
    }
}
