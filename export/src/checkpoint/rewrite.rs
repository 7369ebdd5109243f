//! Weight files of which some tensors are made anew and all others are copied byte for byte.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use safetensors::tensor::TensorView;
use serde::Serialize;

use super::{Layout, Piece, Tensor, bad, parse, read, write_index, write_tensors};

/// What was done to the tensors.
#[derive(Default, Serialize)]
pub(crate) struct Rewritten {
    copied: usize,
    quantised: usize,
    bytes: u64,
    bytes_before: u64,
}

/// Tensors by name.
type Pieces = Vec<(String, Piece<'static>)>;

/// Writes the files one after the other; at most one of them is in memory. `made` gives what a tensor becomes, or `None` where it is
/// copied; `more` are tensors beside them, which go to the last file. `framework` is as in [`write_tensors`].
pub(crate) fn rewrite(
    files: &dyn ModelFiles,
    layout: &Layout,
    framework: &str,
    made: &mut dyn FnMut(&Tensor, &TensorView<'_>) -> Option<Pieces>,
    mut more: Pieces,
    sink: &mut FileSink<'_>,
) -> Result<Rewritten, ExportError> {
    let mut done = Rewritten::default();
    let mut places: BTreeMap<String, &str> = BTreeMap::new();
    for (number, shard) in layout.shards.iter().enumerate() {
        let bytes = read(files, &shard.file)?;
        let source = parse(&shard.file, &bytes)?;
        let mut pieces: Vec<(String, Piece<'_>)> = Vec::with_capacity(shard.tensors.len());
        for tensor in &shard.tensors {
            let view = source.tensor(&tensor.name);
            let view =
                view.map_err(|error| bad(&shard.file, error.to_string(), format!("`{}`", tensor.name)))?;
            done.bytes_before += view.data().len() as u64;
            if let Some(new) = made(tensor, &view) {
                done.quantised += 1;
                pieces.extend(new);
                continue;
            }
            done.copied += 1;
            let piece = Piece { dtype: tensor.dtype, shape: tensor.shape.clone(), bytes: view.data().into() };
            pieces.push((tensor.name.clone(), piece));
        }
        if number + 1 == layout.shards.len() {
            pieces.extend(std::mem::take(&mut more));
        }
        done.bytes += pieces.iter().map(|(_, piece)| piece.bytes.len() as u64).sum::<u64>();
        places.extend(pieces.iter().map(|(name, _)| (name.clone(), shard.file.as_str())));
        write_tensors(sink, &shard.file, framework, pieces)?;
    }
    if layout.sharded {
        write_index(sink, done.bytes, places.iter().map(|(name, file)| (name.as_str(), *file)).collect())?;
    }
    Ok(done)
}
