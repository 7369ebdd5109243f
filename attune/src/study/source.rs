//! What a study is built from: the places that a program names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_core::evaluator::EvaluatorInfo;
use attune_core::options::Settings;
#[cfg(feature = "native")]
use attune_core::profile::Profile;
use attune_core::store::Store;
use attune_core::technique::Technique;
use attune_store::{DeferredStore, MemoryStore};

use crate::error::Error;
use crate::setup;

/// Where the profile comes from.
#[cfg(feature = "native")]
pub(super) enum ProfileSource {
    /// A file.
    File(PathBuf),
    /// A text; its paths are relative to the folder.
    Text { text: String, base: PathBuf },
    /// Typed values; their paths are relative to the folder of the file, which need not exist.
    Typed { profile: Box<Profile>, file: PathBuf },
}

/// Where the technique comes from.
pub(super) enum TechniqueSource {
    /// A built-in one, or the path of a component.
    #[cfg(feature = "techniques")]
    Named(String),
    /// One of one's own.
    Own(Arc<dyn Technique>),
}

/// A technique with its options.
pub(super) struct TechniqueChoice {
    pub(super) source: TechniqueSource,
    pub(super) options: Settings,
}

impl TechniqueChoice {
    /// Its name, as a profile would have it.
    pub(super) fn name(&self) -> &str {
        match &self.source {
            #[cfg(feature = "techniques")]
            TechniqueSource::Named(name) => name,
            TechniqueSource::Own(own) => &own.info().name,
        }
    }

    /// The technique, whose plans this evaluator scores; a component is looked for in the folder `base`.
    #[cfg_attr(
        not(feature = "techniques"),
        expect(unused_variables, clippy::unnecessary_wraps, reason = "only components are looked for")
    )]
    pub(super) fn open(
        &self,
        base: &Path,
        evaluator: &EvaluatorInfo,
        complaints: setup::Complaints,
    ) -> Result<Arc<dyn Technique>, Error> {
        match &self.source {
            #[cfg(feature = "techniques")]
            TechniqueSource::Named(name) if name == setup::EDITS => {
                Ok(setup::EditsTechnique::of(&evaluator.name, &evaluator.edits))
            }
            #[cfg(feature = "techniques")]
            TechniqueSource::Named(name) => {
                let component = setup::technique(name, base, complaints)?;
                Ok(Arc::new(component.scored_by(&evaluator.name, &evaluator.edits)))
            }
            TechniqueSource::Own(own) => Ok(Arc::clone(own)),
        }
    }
}

/// Where a study is kept.
#[derive(Default)]
pub(super) enum StoreSource {
    /// In memory, gone with the study.
    #[default]
    Memory,
    /// In a folder.
    Folder(PathBuf),
    /// Wherever the program says.
    Own(Arc<dyn Store>),
}

impl StoreSource {
    pub(super) fn open(self) -> OpenStore {
        match self {
            Self::Memory => OpenStore { store: Arc::new(MemoryStore::new()), folder: None },
            Self::Folder(path) => {
                let folder = Arc::new(DeferredStore::new(&path));
                OpenStore { store: Arc::clone(&folder) as Arc<dyn Store>, folder: Some(folder) }
            }
            Self::Own(store) => OpenStore { store, folder: None },
        }
    }
}

/// A store that is in use.
pub(super) struct OpenStore {
    pub(super) store: Arc<dyn Store>,
    /// The same, when it is a folder.
    folder: Option<Arc<DeferredStore>>,
}

impl OpenStore {
    /// What a person should know of it, each once.
    pub(super) fn notes(&self) -> Vec<String> {
        let notes = self.folder.as_ref().map(|folder| folder.notes()).unwrap_or_default();
        notes.iter().map(ToString::to_string).collect()
    }
}
