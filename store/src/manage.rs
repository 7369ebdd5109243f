//! Studies as things that one can handle: remove, rename, copy.
//!
//! A study is its journal and the notes on its runs; its name is the name of these files. What it evaluated is in the
//! cache and stays there, for every other study.

use std::path::Path;
use std::{fs, io};

use attune_core::store::StoreError;
use attune_core::suggest::hint;

use crate::claimed::{logs, remove_logs, sync_logs, take_lock};
use crate::error;
use crate::journal;
use crate::layout::{Layout, LogName};
use crate::lock::Lock;
use crate::own_file;
use crate::sled_store::busy;

/// Removes a study of the store in `path`, with the notes on its runs. Evaluations stay.
///
/// # Errors
/// When there is no such study, somebody works on it, or a file cannot be removed.
pub fn remove(path: &Path, study: &str) -> Result<(), StoreError> {
    let store = Handled::open(path, study)?;
    remove_logs(&store.layout, study)?;
    store.lock.remove()
}

/// Gives a study of the store in `path` another name. Its journal stays as it is, to the byte.
///
/// # Errors
/// As [`remove`], and when there is a study `to` already or `to` is no name.
pub fn rename(path: &Path, study: &str, to: &str) -> Result<(), StoreError> {
    let store = Handled::open(path, study)?;
    store.to("rename", study, to, |from, to| fs::rename(from, to))?;
    store.lock.remove()
}

/// Makes a second study of one in the store in `path`: its trials so far, and from there on a life of its own.
///
/// # Errors
/// As [`rename`].
pub fn copy(path: &Path, study: &str, to: &str) -> Result<(), StoreError> {
    Handled::open(path, study)?.to("copy", study, to, |from, to| {
        let new = to.with_extension("jsonl.new");
        let mut file = own_file::fresh(&new)?;
        io::copy(&mut own_file::read(from)?, &mut file)?;
        file.sync_all()?;
        fs::rename(&new, to)
    })
}

/// A study that nobody works on while it is handled.
struct Handled {
    layout: Layout,
    lock: Lock,
    _store: Lock,
}

impl Handled {
    fn open(path: &Path, study: &str) -> Result<Self, StoreError> {
        crate::check_name(study)?;
        let layout = Layout::existing(path)?;
        // A journal without a whole line is no study, but in the way of one.
        if fs::symlink_metadata(layout.log(&LogName::Journal(study.to_owned()))).is_err() {
            let known = journal::studies(&layout)?;
            return Err(StoreError::UnknownStudy {
                study: study.to_owned(),
                path: layout.root().display().to_string(),
                hint: hint(study, known.iter().map(String::as_str)),
            });
        }
        layout.create()?;
        let Some(store) = Lock::shared(&layout.lock())? else { return Err(busy(&layout)) };
        Ok(Self { lock: take_lock(&layout, study)?, _store: store, layout })
    }

    /// Does something with each file of the study and the one that has its place under a name that no study has; the journal,
    /// which makes it a study, last.
    fn to(
        &self,
        action: &'static str,
        study: &str,
        name: &str,
        each: impl Fn(&Path, &Path) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let mut lock = self.free(name)?;
        lock.take_over(&self.lock)?;
        for (from, to) in logs(study).iter().zip(&logs(name)).rev() {
            let (from, to) = (self.layout.log(from), self.layout.log(to));
            if from.exists() {
                each(&from, &to).map_err(error::io(action, &from))?;
            }
        }
        sync_logs(&self.layout)
    }

    /// The lock of a name that no study has.
    fn free(&self, name: &str) -> Result<Lock, StoreError> {
        crate::check_name(name)?;
        let taken = |log: &LogName| fs::symlink_metadata(self.layout.log(log)).is_ok();
        let refused = || StoreError::NameTaken { study: name.to_owned() };
        if taken(&logs(name)[0]) {
            return Err(refused());
        }
        let lock = take_lock(&self.layout, name)?;
        // Somebody may have begun it before the lock was taken. Notes without a journal are what is left of a study.
        if taken(&logs(name)[0]) { Err(refused()) } else { Ok(lock) }
    }
}
