//! Where things are in a store's folder, and which format it has.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use attune_core::store::StoreError;

use crate::error::{self, io};
use crate::line::VERSION;
use crate::name::check_name;

const FORMAT_NAME: &str = "attune-store";
const LOCK: &str = "lock";
const FORMAT: &str = "FORMAT";
const NEW_FORMAT: &str = "FORMAT.new";
const EXTENSION: &str = "jsonl";

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
        Ok(layout)
    }

    /// The folder of a store that exists or may be created there. Creates nothing but the folder.
    pub(crate) fn claim(root: &Path) -> Result<Self, StoreError> {
        let layout = Self { root: root.to_owned() };
        fs::create_dir_all(root).map_err(io("create", root))?;
        if !layout.is_new()? {
            layout.check_format()?;
        }
        Ok(layout)
    }

    /// Makes the folder a store, if it is not one yet. Only for the holder of the lock.
    pub(crate) fn create(&self) -> Result<(), StoreError> {
        for folder in ["journal", "runs"] {
            let folder = self.root.join(folder);
            fs::create_dir_all(&folder).map_err(io("create", &folder))?;
        }
        let path = self.root.join(FORMAT);
        if !path.exists() {
            let new = self.root.join(NEW_FORMAT);
            let write = || {
                let mut file = fs::File::create(&new)?;
                writeln!(file, "{FORMAT_NAME} {VERSION}")?;
                file.sync_all()?;
                fs::rename(&new, &path)
            };
            write().map_err(io("write", &path))?;
        }
        sync_folder(&self.root)
    }

    /// The store's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The lock file, which also says who holds it.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join(LOCK)
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
        let folder = self.root.join(folder);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(io("read", &folder)(error)),
        };
        let mut studies = vec![];
        for entry in entries {
            let path = entry.map_err(io("read", &folder))?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            if let Some(stem) = stem
                && path.extension().is_some_and(|extension| extension == EXTENSION)
                && check_name(stem).is_ok()
            {
                studies.push(stem.to_owned());
            }
        }
        studies.sort_unstable();
        Ok(studies)
    }

    /// Whether nothing is there yet but what a start that was killed at once may have left.
    fn is_new(&self) -> Result<bool, StoreError> {
        for entry in fs::read_dir(&self.root).map_err(io("read", &self.root))? {
            let name = entry.map_err(io("read", &self.root))?.file_name();
            if ![LOCK, NEW_FORMAT, "journal", "runs"].iter().any(|own| name == *own) {
                return Ok(false);
            }
        }
        Ok(self.journals()?.is_empty())
    }

    fn check_format(&self) -> Result<(), StoreError> {
        let path = self.root.join(FORMAT);
        let text = match fs::read(&path) {
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

impl LogName {
    /// The name of the log in the index.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Cache => "cache".to_owned(),
            Self::Journal(study) => format!("journal/{study}"),
            Self::Runs(study) => format!("runs/{study}"),
        }
    }

    /// The log that a name in the index stands for.
    pub(crate) fn from_key(key: &str) -> Option<Self> {
        match key.split_once('/') {
            None if key == "cache" => Some(Self::Cache),
            Some(("journal", study)) => Some(Self::Journal(study.to_owned())),
            Some(("runs", study)) => Some(Self::Runs(study.to_owned())),
            _ => None,
        }
    }
}

/// Makes new names in a folder durable.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("sync", folder))
}

/// Elsewhere folders cannot be synced, and file systems order their metadata themselves.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_: &Path) -> Result<(), StoreError> {
    Ok(())
}
