//! Weight files of which some tensors are made anew and all others are copied byte for byte.

use std::collections::BTreeMap;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};
use serde::Serialize;

use super::{Bytes, Layout, Piece, Tensor, write_index, write_tensors};

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
/// Makes what a tensor becomes, from its bytes, or nothing where it is copied.
pub(crate) type Make<'a> = dyn FnMut(&Tensor, &Bytes<'_>) -> Result<Option<Pieces>, ExportError> + 'a;

/// Writes the files one after the other; of one of them, what was made is in memory, and one of the others at a time. `made` gives what
/// a tensor becomes; `more` are tensors beside them, which go to the last file. `framework` is as in [`write_tensors`].
pub(crate) fn rewrite(
    files: &dyn ModelFiles,
    layout: &Layout,
    framework: &str,
    made: &mut Make<'_>,
    mut more: Pieces,
    sink: &mut dyn FileSink,
) -> Result<Rewritten, ExportError> {
    let mut done = Rewritten::default();
    let mut places: BTreeMap<String, &str> = BTreeMap::new();
    for (number, shard) in layout.shards.iter().enumerate() {
        let mut pieces: Vec<(String, Piece<'_>)> = Vec::with_capacity(shard.tensors.len());
        for tensor in &shard.tensors {
            done.bytes_before += tensor.bytes as u64;
            let bytes = Bytes::There { files, file: &shard.file, place: tensor.place.clone() };
            if let Some(new) = made(tensor, &bytes)? {
                done.quantised += 1;
                pieces.extend(new);
                continue;
            }
            done.copied += 1;
            pieces.push((
                tensor.name.clone(),
                Piece { dtype: tensor.dtype, shape: tensor.shape.clone(), bytes },
            ));
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
