//! The files beside the weights that a checkpoint is incomplete without.

use serde::Serialize;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};

use super::layout::{Layout, is_weights};
use super::{CONFIG, read, write};

/// Files that loaders of this layout look for by name.
const KNOWN: [&str; 12] = [
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
    "merges.txt",
    "preprocessor_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
];
/// Beginnings of the names of files that have to travel with the weights.
const TERMS: [&str; 4] = ["LICENSE", "LICENCE", "NOTICE", "USE_POLICY"];

/// What became of the files that hold no weights.
#[derive(Default, Serialize)]
pub(crate) struct Companions {
    copied: Vec<String>,
    left_out: Vec<String>,
}

/// Copies the known ones byte for byte. The rest (a model card that describes the dense model, training
/// logs) is only listed.
pub(crate) fn copy(
    files: &dyn ModelFiles,
    layout: &Layout,
    sink: &mut dyn FileSink,
) -> Result<Companions, ExportError> {
    let mut companions = Companions::default();
    for name in files.names() {
        let read_already = name == CONFIG || layout.shards.iter().any(|shard| shard.file == name);
        if read_already {
            continue;
        }
        let travels = KNOWN.contains(&name.as_str()) || TERMS.iter().any(|start| name.starts_with(start));
        if travels && !is_weights(&name) {
            write(sink, &name, &read(files, &name)?)?;
            companions.copied.push(name);
        } else {
            companions.left_out.push(name);
        }
    }
    Ok(companions)
}

/// Copies the terms that weights are under, and no other file; returns their names.
pub(crate) fn copy_terms(
    files: &dyn ModelFiles,
    sink: &mut dyn FileSink,
) -> Result<Vec<String>, ExportError> {
    let terms = files.names().into_iter().filter(|name| TERMS.iter().any(|start| name.starts_with(start)));
    let terms: Vec<String> = terms.filter(|name| !is_weights(name)).collect();
    for name in &terms {
        write(sink, name, &read(files, name)?)?;
    }
    Ok(terms)
}
