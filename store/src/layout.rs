//! Layout of a store: where things are in its folder, and which format it has.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use attune_core::store::StoreError;

use crate::error::{self, io};
use crate::line::VERSION;
use crate::name::check_name;
use crate::own_file;

const FORMAT_NAME: &str = "attune-store";
const LOCK: &str = "lock";
const FORMAT: &str = "FORMAT";
const NEW_FORMAT: &str = "FORMAT.new";
const EXTENSION: &str = "jsonl";
const FOLDERS: [&str; 3] = ["journal", "runs", "locks"];
/// More than the line in it takes.
const LONGEST_FORMAT: u64 = 1024;

/// The files of one store.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

/// One of the logs of a store: append-only text, the truth that the index only points into.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LogName {
    /// All cached evaluations.
    Cache,
    /// The journal of a study.
    Journal(String),
    /// What a study's runs took.
    Runs(String),
}

impl Layout {
    /// The files of an existing store of this version.
    pub(crate) fn existing(root: &Path) -> Result<Self, StoreError> {
        let layout = Self { root: root.to_owned() };
        layout.check_format()?;
        layout.check_folders()?;
        Ok(layout)
    }

    /// The folder of a store that exists or may be created there. Creates nothing but the folder.
    pub(crate) fn claim(root: &Path) -> Result<Self, StoreError> {
        let layout = Self { root: root.to_owned() };
        fs::create_dir_all(root).map_err(io("create", root))?;
        layout.check_folders()?;
        if !layout.is_new()? {
            layout.check_format()?;
        }
        Ok(layout)
    }

    /// Whether there is no store in a folder and nothing else either. Changes nothing.
    pub(crate) fn is_free(root: &Path) -> Result<bool, StoreError> {
        if !root.exists() {
            return Ok(true);
        }
        Self { root: root.to_owned() }.is_new()
    }

    /// Makes the folder a store, if it is not one yet. Several processes may do so at once.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        for folder in FOLDERS {
            let folder = self.root.join(folder);
            fs::create_dir_all(&folder).map_err(io("create", &folder))?;
        }
        let path = self.root.join(FORMAT);
        if !path.exists() {
            let new = self.root.join(format!("{NEW_FORMAT}-{}", std::process::id()));
            let write = || {
                let mut file = own_file::fresh(&new)?;
                writeln!(file, "{FORMAT_NAME} {VERSION}")?;
                file.sync_all()?;
                fs::rename(&new, &path)
            };
            // Another process may have been first.
            write().or_else(|error| if path.exists() { Ok(()) } else { Err(io("write", &path)(error)) })?;
        }
        sync_folder(&self.root)
    }

    /// The store's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The lock that everybody shares who has the store open, and that repair has alone.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join(LOCK)
    }

    /// The lock of whoever works on a study.
    pub(crate) fn study_lock(&self, study: &str) -> PathBuf {
        self.root.join("locks").join(study)
    }

    /// Studies that have a lock file, in name order.
    pub(crate) fn locked(&self) -> Result<Vec<String>, StoreError> {
        self.names_in("locks", |path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned))
    }

    /// The lock of whoever appends to the cache.
    pub(crate) fn cache_lock(&self) -> PathBuf {
        self.root.join("cache.lock")
    }

    /// The lock of whoever has the index on disk open.
    pub(crate) fn database_lock(&self) -> PathBuf {
        self.root.join("db.lock")
    }

    /// The index. Its name carries the version of its content: one of another version is left alone, and this
    /// one is filled from the logs. Version 1 had one evaluation for each key and number of items.
    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("db-v2")
    }

    /// The file of a log.
    pub(crate) fn log(&self, name: &LogName) -> PathBuf {
        match name {
            LogName::Cache => self.root.join("cache.jsonl"),
            LogName::Journal(study) => self.root.join("journal").join(format!("{study}.{EXTENSION}")),
            LogName::Runs(study) => self.root.join("runs").join(format!("{study}.{EXTENSION}")),
        }
    }

    /// Studies that have a journal file, in name order.
    pub(crate) fn journals(&self) -> Result<Vec<String>, StoreError> {
        self.studies_in("journal")
    }

    /// Every log that has a file: the cache, then journals, then runs.
    pub(crate) fn logs(&self) -> Result<Vec<LogName>, StoreError> {
        let cache = Some(LogName::Cache).filter(|name| self.log(name).exists());
        let journals = self.studies_in("journal")?.into_iter().map(LogName::Journal);
        let runs = self.studies_in("runs")?.into_iter().map(LogName::Runs);
        Ok(cache.into_iter().chain(journals).chain(runs).collect())
    }

    fn studies_in(&self, folder: &str) -> Result<Vec<String>, StoreError> {
        self.names_in(folder, |path| {
            let is_log = path.extension().is_some_and(|extension| extension == EXTENSION);
            path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_log).map(str::to_owned)
        })
    }

    fn names_in(
        &self,
        folder: &str,
        name: impl Fn(&Path) -> Option<String>,
    ) -> Result<Vec<String>, StoreError> {
        let folder = self.root.join(folder);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(io("read", &folder)(error)),
        };
        let mut studies = vec![];
        for entry in entries {
            let path = entry.map_err(io("read", &folder))?.path();
            studies.extend(name(&path).filter(|name| check_name(name).is_ok()));
        }
        studies.sort_unstable();
        Ok(studies)
    }

    /// Whether nothing is there yet but what a start that was killed at once may have left.
    fn check_folders(&self) -> Result<(), StoreError> {
        FOLDERS.iter().try_for_each(|folder| own_file::check_folder(&self.root.join(folder)))
    }

    fn is_new(&self) -> Result<bool, StoreError> {
        for entry in fs::read_dir(&self.root).map_err(io("read", &self.root))? {
            let name = entry.map_err(io("read", &self.root))?.file_name();
            let is_new_format = name.to_str().is_some_and(|name| name.starts_with(NEW_FORMAT));
            let of_a_start = [LOCK, "cache.lock", "db.lock"].iter().chain(&FOLDERS).any(|own| name == *own);
            if !is_new_format && !of_a_start {
                return Ok(false);
            }
        }
        Ok(self.journals()?.is_empty())
    }

    fn check_format(&self) -> Result<(), StoreError> {
        let path = self.root.join(FORMAT);
        let read = || {
            let mut bytes = vec![];
            own_file::read(&path)?.take(LONGEST_FORMAT).read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(bytes)
        };
        let text = match read() {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.root.is_dir() => {
                return Err(StoreError::Damaged {
                    path: self.root.display().to_string(),
                    place: FORMAT.to_owned(),
                    detail: "there is no such file, so this folder is no store of attune".to_owned(),
                    hint: format!(
                        "choose another folder with --store DIR, or, if it is a store, write the line \
                         `{FORMAT_NAME} {VERSION}` into {}",
                        path.display()
                    ),
                });
            }
            Err(error) => return Err(io("read", &path)(error)),
        };
        let version = text.trim_end().strip_prefix(FORMAT_NAME).map(str::trim_start);
        match version.and_then(|version| version.parse::<u64>().ok()) {
            Some(VERSION) => Ok(()),
            Some(other) => Err(error::other_version(&path, other.to_string())),
            None => Err(StoreError::Damaged {
                path: path.display().to_string(),
                place: "line 1".to_owned(),
                detail: format!(
                    "found `{}`, expected `{FORMAT_NAME} {VERSION}`",
                    text.chars().take(40).collect::<String>().escape_debug()
                ),
                hint: "restore that line if this is a store of attune, or choose another folder with \
                       --store DIR"
                    .to_owned(),
            }),
        }
    }
}

/// Makes new names in a folder durable.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    match fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems on other machines cannot, and need not.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        synced => synced.map_err(io("sync", folder)),
    }
}

/// Elsewhere folders cannot be synced, and file systems order their metadata themselves.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> Result<(), StoreError> {
    Ok(())
}
