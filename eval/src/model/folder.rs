//! What a folder is that is no model in the Hugging Face layout.

use std::path::Path;

use crate::error::LoadError;

const CONFIG: &str = "config.json";
/// The weights in one file.
pub(super) const SINGLE: &str = "model.safetensors";
/// Which of several files holds which tensor.
pub(super) const INDEX: &str = "model.safetensors.index.json";

/// Refuses what has no config.json, and says what it is instead.
pub(crate) fn check(folder: &Path) -> Result<(), LoadError> {
    // Whatever is at that name is read, or refused as what it is.
    if folder.join(CONFIG).symlink_metadata().is_ok() {
        return Ok(());
    }
    Err(LoadError::NotAModel { folder: folder.to_owned(), found: without_config(folder) })
}

fn without_config(folder: &Path) -> String {
    match folder.metadata() {
        Err(_) => return "there is no such folder".to_owned(),
        Ok(metadata) if !metadata.is_dir() => {
            return "it is a file, not a folder: name the folder that it is in".to_owned();
        }
        Ok(_) => {}
    }
    let names = names(folder);
    let has = |name: &str| names.iter().any(|found| found == name);
    let ending = |end: &str| names.iter().find(|name| name.ends_with(end));
    if names.is_empty() {
        return "the folder is empty".to_owned();
    }
    if has("adapter_config.json") {
        return "it holds an adapter (adapter_config.json), which is no model by itself: merge it into its model \
                (`merge_and_unload` of peft) and name that folder"
            .to_owned();
    }
    if let Some(inner) = below(folder, &names) {
        return format!("the model is further down: name {}", inner.display());
    }
    if let Some(file) = ending(".gguf") {
        return format!(
            "{file} is GGUF, which is not read: take the folder with the safetensors of the same model"
        );
    }
    if has("params.json") {
        return "params.json is the original layout of its makers: take the folder in the Hugging Face layout".to_owned();
    }
    match attune_core::suggest::nearest(CONFIG, names.iter().map(String::as_str)) {
        Some(near) if near.contains("config") => format!("there is {near}: rename it to {CONFIG}"),
        _ => format!("there is no {CONFIG} in it"),
    }
}

/// A folder inside that has a config.json, also in the folders of the Hugging Face cache.
fn below(folder: &Path, names: &[String]) -> Option<std::path::PathBuf> {
    let inner = names.iter().map(|name| folder.join(name)).filter(|path| path.is_dir());
    let snapshots =
        self::names(&folder.join("snapshots")).into_iter().map(|name| folder.join("snapshots").join(name));
    inner.chain(snapshots).find(|path| path.join(CONFIG).is_file())
}

/// What a folder holds instead of weights that are read.
pub(super) fn without_weights(folder: &Path) -> LoadError {
    let names = names(folder);
    let file = |test: &dyn Fn(&str) -> bool| names.iter().find(|name| test(name)).cloned();
    let safetensors = |name: &str| name.ends_with(".safetensors");
    let save = "save the model with `save_pretrained(…, safe_serialization=True)`";
    let found = if let Some(name) = file(&|name| safetensors(name) && name.starts_with("adapter_")) {
        format!(
            "{name} is an adapter, which is no model by itself: merge it into its model (`merge_and_unload` of peft)"
        )
    } else if let Some(name) = file(&|name| safetensors(name) && name.contains("-of-")) {
        format!("there is {name}, one file of several: download {INDEX} too, which says what is in which")
    } else if let Some(name) = file(&|name| safetensors(name) && name.starts_with("consolidated")) {
        format!(
            "{name} is in the layout of its makers, with other names of tensors: take the folder in the Hugging Face layout"
        )
    } else if let Some(name) = file(&safetensors) {
        format!("there is {name}: rename it to {SINGLE} if it holds the whole model")
    } else if let Some(name) = file(&|name| name.ends_with(".gguf")) {
        format!("{name} is GGUF, which is not read: take the safetensors of the same model")
    } else if let Some(name) =
        file(&|name| name.starts_with("pytorch_model") || name.ends_with(".bin") || name.ends_with(".pt"))
    {
        format!("there is {name}, which is not read because loading it runs code: {save}")
    } else {
        save.to_owned()
    };
    LoadError::NoWeights { folder: folder.to_owned(), found }
}

/// Names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
