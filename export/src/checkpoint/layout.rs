//! Layout of a checkpoint: which weight files a model has, and what is in them.

use std::collections::BTreeMap;
use std::ops::Range;

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, Metadata};
use serde::Deserialize;

use attune_core::exporter::{ExportError, ModelFiles};

use super::{bad, read, read_part};

pub(crate) const SINGLE: &str = "model.safetensors";
pub(crate) const INDEX: &str = "model.safetensors.index.json";

/// The weight files of a checkpoint.
pub(crate) struct Layout {
    /// Whether there is an index.
    pub(crate) sharded: bool,
    /// In name order.
    pub(crate) shards: Vec<Shard>,
}

/// One weight file.
pub(crate) struct Shard {
    pub(crate) file: String,
    /// In name order.
    pub(crate) tensors: Vec<Tensor>,
}

/// What the header says about one tensor.
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: usize,
    /// Where they are in the file.
    pub(crate) place: Range<u64>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Layout {
    /// Reads the headers; a single file has precedence over an index, as in Transformers.
    pub(crate) fn open(files: &dyn ModelFiles) -> Result<Self, ExportError> {
        let names = files.names();
        let has = |name: &str| names.iter().any(|found| found == name);
        if has(SINGLE) {
            return Ok(Self { sharded: false, shards: vec![Shard::open(files, SINGLE)?] });
        }
        if !has(INDEX) {
            let weights =
                names.iter().map(String::as_str).filter(|name| is_weights(name)).collect::<Vec<_>>();
            let found = match weights.as_slice() {
                [] => "no weights".to_owned(),
                other => format!("weights only as {}", other.join(", ")),
            };
            return Err(bad("the model folder", found, format!("{SINGLE}, or {INDEX} and its shards")));
        }
        let index: Index = serde_json::from_slice(&read(files, INDEX)?)
            .map_err(|error| bad(INDEX, error.to_string(), "a `weight_map` from tensors to files"))?;
        // A name is joined to folders that are read and written.
        if let Some(file) = index.weight_map.values().find(|file| !names.contains(file)) {
            return Err(bad(INDEX, format!("`{file}`"), "names of files in the folder of the index"));
        }
        let mut shards: Vec<&String> = index.weight_map.values().collect();
        shards.sort();
        shards.dedup();
        let mut shards =
            shards.into_iter().map(|file| Shard::open(files, file)).collect::<Result<Vec<_>, _>>()?;
        agree(&index, &shards)?;
        for shard in &mut shards {
            let file = &shard.file;
            shard.tensors.retain(|tensor| index.weight_map.get(&tensor.name) == Some(file));
        }
        Ok(Self { sharded: true, shards })
    }
}

impl Layout {
    /// All tensors of all shards.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.shards.iter().flat_map(|shard| &shard.tensors)
    }
}

impl Shard {
    /// Reads the header of a file.
    pub(crate) fn open(files: &dyn ModelFiles, file: &str) -> Result<Self, ExportError> {
        let (first, header) = header(files, file)?;
        let place = |offset: usize| first + offset as u64;
        let mut tensors: Vec<Tensor> = header
            .tensors()
            .into_iter()
            .map(|(name, info)| {
                let (start, end) = info.data_offsets;
                let (dtype, shape) = (info.dtype, info.shape.clone());
                Tensor { name, dtype, shape, bytes: end - start, place: place(start)..place(end) }
            })
            .collect();
        tensors.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { file: file.to_owned(), tensors })
    }
}

/// Bytes of the number that a file begins with: those of its header.
const LENGTH: u64 = 8;
/// The largest header that is read, as by the library of the format.
const MOST_HEADER: u64 = 100_000_000;
/// What is expected of a file.
const WHOLE: &str = "a whole safetensors file";

/// What the header of a file says, and where the tensors begin. Nothing else is read.
fn header(files: &dyn ModelFiles, file: &str) -> Result<(u64, Metadata), ExportError> {
    let failed = |source| ExportError::Io { action: "read", file: file.to_owned(), source };
    let size = files.size(file).map_err(failed)?;
    let refuse = |error: SafeTensorError| bad(file, error.to_string(), WHOLE);
    if size < LENGTH {
        return Err(refuse(SafeTensorError::HeaderTooSmall));
    }
    let length = read_part(files, file, 0..LENGTH)?;
    let length = length.iter().rev().fold(0, |length: u64, byte| length << 8 | u64::from(*byte));
    if length > MOST_HEADER {
        return Err(refuse(SafeTensorError::HeaderTooLarge));
    }
    let first = LENGTH + length;
    if first > size {
        return Err(refuse(SafeTensorError::InvalidHeaderLength));
    }
    let text = read_part(files, file, LENGTH..first)?;
    let text = std::str::from_utf8(&text).map_err(|error| refuse(SafeTensorError::InvalidHeader(error)))?;
    let header: Metadata = serde_json::from_str(text)
        .map_err(|error| refuse(SafeTensorError::InvalidHeaderDeserialization(error)))?;
    if first.checked_add(header.data_len() as u64) != Some(size) {
        return Err(refuse(SafeTensorError::MetadataIncompleteBuffer));
    }
    Ok((first, header))
}

/// Every tensor that is stored and listed is in the shard that the index says.
///
/// Evaluators find tensors through the index, so one that it does not list was never scored and is not exported, and an
/// entry without a tensor was never read: a needed one is missed by whoever needs it.
fn agree(index: &Index, shards: &[Shard]) -> Result<(), ExportError> {
    let stored = |name: &str, file: &str| {
        let mut shards = shards.iter().filter(|shard| shard.file == file);
        shards.any(|shard| shard.tensors.iter().any(|tensor| tensor.name == name))
    };
    for shard in shards {
        for tensor in &shard.tensors {
            let Some(listed) = index.weight_map.get(&tensor.name) else { continue };
            if *listed != shard.file && !stored(&tensor.name, listed) {
                let found = format!("`{}` is in {}, not in {listed}", tensor.name, shard.file);
                return Err(bad(INDEX, found, "a `weight_map` that agrees with the shards"));
            }
        }
    }
    Ok(())
}

/// Whether a file of the folder holds weights in some format.
pub(crate) fn is_weights(name: &str) -> bool {
    const EXTENSIONS: [&str; 9] =
        [".safetensors", ".index.json", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".onnx", ".msgpack"];
    EXTENSIONS.iter().any(|extension| name.ends_with(extension))
}
