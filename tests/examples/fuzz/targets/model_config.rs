//! `config.json` of models.

use std::path::Path;

use attune_eval::diffusion::DenoiserConfig;
use attune_eval::model::DecoderConfig;

use crate::{Target, scratch};

/// The families whose small models are committed.
pub(super) const FAMILIES: [&str; 9] = [
    "llama",
    "llama-rope-linear",
    "llama-rope-llama3",
    "llama-rope-yarn",
    "mistral",
    "mistral-window",
    "mixtral",
    "qwen2",
    "qwen3",
];

/// One file of each of them.
pub(super) fn of_families(root: &Path, file: &str) -> Vec<Vec<u8>> {
    let files: Vec<String> =
        FAMILIES.iter().map(|family| format!("tests/golden/models/{family}/{file}")).collect();
    scratch::contents(root, &files.iter().map(String::as_str).collect::<Vec<&str>>())
}

pub(crate) const TARGET: Target = Target {
    name: "model-config",
    seeds: |root| {
        let mut seeds = of_families(root, "config.json");
        seeds.extend(scratch::contents(
            root,
            &["models/tiny-moe/config.json", "models/tiny-digits/config.json"],
        ));
        seeds
    },
    run: |input| {
        let folder = scratch::folder("model-config");
        let file = folder.join("config.json");
        scratch::write(&file, input);
        let _ = DecoderConfig::read(&file);
        let _ = DenoiserConfig::read(&folder);
    },
};
