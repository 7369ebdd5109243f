//! Models and texts on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use attune_core::facts::Facts;
use attune_core::options::{self, OptionKind, Settings};
use attune_core::profile::EvaluatorChoice;
use attune_core::technique::Technique as _;
use attune_eval::registry;
use attune_plugins::WasmTechnique;

use super::builtins::builtins;
use crate::backend::{FolderEntry, FolderEntryKind, ModelFound};
use crate::error::Error;
use crate::factory::Factory;
use crate::setup;

/// How far below the working directory a model may be.
const DEPTH: usize = 3;
/// More than anybody scrolls through.
const MOST_LISTED: usize = 2000;
/// A `config.json` is a page of text; something larger is something else.
const LARGEST_CONFIG: u64 = 1 << 20;
/// More models than anybody chooses from.
const MOST: usize = 100;

/// Facts of models: reading them hashes all weights, so each model is read once.
#[derive(Clone, Default)]
pub(super) struct Models(Arc<Mutex<BTreeMap<PathBuf, (Stamp, Facts)>>>);

/// Names, sizes and times of a model's files: what has the same stamp is the same model.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

impl Models {
    /// Facts of the model in a folder.
    pub(super) fn facts(&self, folder: &Path) -> Result<Facts, Error> {
        let stamp = stamp(folder);
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, facts)) = known().get(folder).filter(|(then, _)| *then == stamp) {
            return Ok(facts.clone());
        }
        let facts = registry::inspect(folder).map_err(Error::input)?;
        known().insert(folder.to_owned(), (stamp, facts.clone()));
        Ok(facts)
    }

    /// The model that a profile in the folder `base` calls `path`, and what is near it; `evaluator` is who is to evaluate it,
    /// when the profile says so.
    pub(super) fn find(
        &self,
        path: &str,
        evaluator: Option<&EvaluatorChoice>,
        base: &Path,
    ) -> Result<Box<ModelFound>, String> {
        let alone = || setup::absolute(base, path).and_then(|folder| Ok((self.facts(&folder)?, folder)));
        let worker = evaluator.map(|choice| Factory::for_form(choice, base)).transpose();
        let worker = worker.map_err(|fault| fault.to_string())?;
        let (facts, tasks) = match worker.filter(|factory| factory.folders().is_none()) {
            // What this build cannot read may be right for another evaluator.
            // Who it is, its evaluator says: no weights are read for that here.
            Some(factory) => {
                let folder = setup::absolute(base, path).ok();
                let outline = folder.and_then(|folder| registry::outline(&folder).ok());
                (outline.map(|outline| outline.facts(setup::not_loaded())), factory.spec().tasks)
            }
            None => {
                let (facts, folder) = alone().map_err(|error| error.sentence())?;
                (Some(facts), registry::of_model(&folder).spec().tasks)
            }
        };
        let task = tasks.into_iter().next().ok_or("its evaluator has no task")?;
        let folders = task.options.iter().filter(|option| option.spec.kind == OptionKind::Folder);
        Ok(Box::new(ModelFound {
            data: data(path, base, &task.data),
            options: folders.map(|option| (option.spec.name.clone(), classifiers(path, base))).collect(),
            task: task.name,
            refused: facts.as_ref().map(refused).unwrap_or_default(),
            facts,
        }))
    }
}

/// Model folders below the working directory.
pub(super) fn folders() -> Vec<String> {
    let mut found = Vec::new();
    descend(Path::new(""), DEPTH, &mut found);
    found
}

fn descend(folder: &Path, depth: usize, found: &mut Vec<String>) {
    for path in entries(folder) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if found.len() >= MOST || name.starts_with('.') || name == "target" || !path.is_dir() {
            continue;
        }
        if is_model(&path) {
            found.push(path.display().to_string());
        } else if depth > 1 {
            descend(&path, depth - 1, found);
        }
    }
}

/// Data files in a model's folder `data`, named as the model is, then those beside the profile and, of texts, in the
/// model's folder itself.
fn data(model: &str, base: &Path, extension: &str) -> Vec<String> {
    let model = Path::new(model);
    let mut found = Vec::new();
    // Weights have the same extension as images.
    let beside_weights = (extension == "txt").then(|| model.to_owned());
    let folders = [model.join("data"), PathBuf::new(), PathBuf::from("data")];
    for folder in beside_weights.into_iter().chain(folders) {
        let files = entries(&base.join(&folder)).into_iter().filter(|file| has(file, extension));
        found.extend(files.filter_map(|file| Some(folder.join(file.file_name()?).display().to_string())));
    }
    found
}

/// Folders inside a model's folder that hold a classifier of images.
fn classifiers(model: &str, base: &Path) -> Vec<String> {
    let model = Path::new(model);
    let inside = entries(&base.join(model)).into_iter().filter(|folder| is_classifier(folder));
    inside.filter_map(|folder| Some(model.join(folder.file_name()?).display().to_string())).collect()
}

fn is_classifier(folder: &Path) -> bool {
    let text = attune_files::text(&folder.join("config.json"), LARGEST_CONFIG).unwrap_or_default();
    let config: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    config["model_type"] == attune_eval::diffusion::CLASSIFIER
}

/// Whether a folder looks like a model's.
fn is_model(folder: &Path) -> bool {
    folder.join("config.json").is_file() && entries(folder).iter().any(|file| has(file, "safetensors"))
}

/// What is in a folder that a person looks into: models, folders, files, each in name order.
pub(super) fn listing(folder: &Path) -> Result<Vec<FolderEntry>, String> {
    let shown = if folder == Path::new("") { Path::new(".") } else { folder };
    if let Err(error) = std::fs::read_dir(shown) {
        return Err(format!("cannot look into {}: {error}", shown.display()));
    }
    let entry = |path: PathBuf| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        let kind = match path.is_dir() {
            true if is_model(&path) => FolderEntryKind::Model,
            true => FolderEntryKind::Folder,
            false => FolderEntryKind::File,
        };
        (!name.starts_with('.')).then_some(FolderEntry { name, kind })
    };
    let mut found: Vec<FolderEntry> =
        entries(folder).into_iter().take(MOST_LISTED).filter_map(entry).collect();
    found.sort_by_key(|entry| entry.kind);
    Ok(found)
}

/// Built-in techniques that refuse a model with their default options, and why.
fn refused(facts: &Facts) -> BTreeMap<String, String> {
    let refusal = |technique: &WasmTechnique| {
        let options = options::resolve("", &technique.info().options, &Settings::new()).ok()?;
        let refusal = technique.space(facts, &options).err()?;
        Some((technique.info().name.clone(), refusal.kind.to_string()))
    };
    // A build that cannot compile them says so where one is chosen.
    builtins().unwrap_or_default().iter().filter_map(refusal).collect()
}

/// What is in a folder, in name order; nothing when it cannot be read. The empty path is the working directory.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(if folder == Path::new("") { Path::new(".") } else { folder });
    let names = read.into_iter().flatten().flatten().map(|entry| folder.join(entry.file_name()));
    let mut names: Vec<PathBuf> = names.collect();
    names.sort();
    names
}

fn has(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}

fn stamp(folder: &Path) -> Stamp {
    let files = entries(folder).into_iter().filter_map(|file| {
        let metadata = file.metadata().ok()?;
        Some((file, metadata.len(), metadata.modified().ok()))
    });
    files.collect()
}
