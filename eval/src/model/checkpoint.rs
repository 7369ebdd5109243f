//! Safetensors files of a model folder, mapped into memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Deserialize;

use crate::error::LoadError;

/// All weight files of a model.
pub struct Checkpoint {
    folder: PathBuf,
    shards: Vec<Shard>,
    /// Tensor name → shard, where an index says so.
    index: Option<BTreeMap<String, usize>>,
}

struct Shard {
    file: PathBuf,
    bytes: Mmap,
    data: usize,
    header: Metadata,
}

#[derive(Deserialize)]
struct RawIndex {
    weight_map: BTreeMap<String, String>,
}

/// One stored tensor.
pub(super) struct Stored<'a> {
    pub(super) file: &'a Path,
    pub(super) info: &'a TensorInfo,
    pub(super) bytes: &'a [u8],
}

impl Checkpoint {
    /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
    ///
    /// # Errors
    /// Absent, unreadable or damaged files.
    pub fn open(folder: &Path) -> Result<Self, LoadError> {
        let single = folder.join("model.safetensors");
        if single.is_file() {
            let shards = vec![Shard::open(single)?];
            return Ok(Self { folder: folder.to_owned(), shards, index: None });
        }
        let file = folder.join("model.safetensors.index.json");
        if !file.is_file() {
            return Err(no_weights(folder));
        }
        let text = std::fs::read(&file).map_err(|source| LoadError::Io {
            file: file.clone(),
            expected: "an index of shards",
            source,
        })?;
        let raw: RawIndex = serde_json::from_slice(&text).map_err(|source| LoadError::BadJson {
            file: file.clone(),
            what: "an index of shards",
            source,
        })?;
        let mut names: Vec<&String> = raw.weight_map.values().collect();
        names.sort();
        names.dedup();
        let shards = names.iter().map(|name| Shard::open(folder.join(name))).collect::<Result<_, _>>()?;
        let place = |name: &String| names.binary_search(&name).unwrap_or_default();
        let index = raw.weight_map.iter().map(|(tensor, file)| (tensor.clone(), place(file))).collect();
        Ok(Self { folder: folder.to_owned(), shards, index: Some(index) })
    }

    /// Opens one safetensors file of a folder.
    ///
    /// # Errors
    /// An absent, unreadable or damaged file.
    pub(crate) fn file(folder: &Path, name: &str) -> Result<Self, LoadError> {
        Ok(Self { folder: folder.to_owned(), shards: vec![Shard::open(folder.join(name))?], index: None })
    }

    /// The shape of a stored tensor.
    pub(crate) fn shape(&self, tensor: &str) -> Option<&[usize]> {
        self.find(tensor).ok()?.header.info(tensor).map(|info| info.shape.as_slice())
    }

    /// The elements of a tensor of bytes; `None` when there is none of this name, or one of another element type.
    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        let stored = self.tensor(name, self.shape(name)?).ok()?;
        (stored.info.dtype == safetensors::Dtype::U8).then_some(stored.bytes)
    }

    /// The weight files and their bytes, in name order.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.shards.iter().map(|shard| (shard.file.as_path(), &shard.bytes[..]))
    }

    /// Bytes of all stored tensors.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.infos().map(|info| (info.data_offsets.1 - info.data_offsets.0) as u64).sum()
    }

    /// Elements of all stored tensors.
    pub(crate) fn stored_elements(&self) -> u64 {
        self.infos().map(|info| info.shape.iter().product::<usize>() as u64).sum()
    }

    fn infos(&self) -> impl Iterator<Item = &TensorInfo> {
        self.shards.iter().flat_map(|shard| shard.header.tensors().into_values())
    }

    /// Whether a tensor of this name is stored.
    pub(super) fn contains(&self, tensor: &str) -> bool {
        self.find(tensor).is_ok()
    }

    pub(super) fn tensor(&self, name: &str, expected: &[usize]) -> Result<Stored<'_>, LoadError> {
        let missing = |place: &Path| LoadError::MissingTensor {
            place: place.to_owned(),
            tensor: name.to_owned(),
            expected: expected.to_owned(),
        };
        let shard = self.find(name).map_err(missing)?;
        let info = shard.header.info(name).ok_or_else(|| missing(&shard.file))?;
        if info.shape != expected {
            return Err(LoadError::WrongShape {
                file: shard.file.clone(),
                tensor: name.to_owned(),
                found: info.shape.clone(),
                expected: expected.to_owned(),
            });
        }
        let (start, end) = info.data_offsets;
        Ok(Stored { file: &shard.file, info, bytes: &shard.bytes[shard.data + start..shard.data + end] })
    }

    /// The shard that holds a tensor, or the place where one would look for it.
    fn find(&self, tensor: &str) -> Result<&Shard, &Path> {
        match &self.index {
            Some(index) => index.get(tensor).map(|&shard| &self.shards[shard]).ok_or(self.folder.as_path()),
            None => {
                let shard = &self.shards[0];
                shard.header.info(tensor).map(|_| shard).ok_or(shard.file.as_path())
            }
        }
    }
}

impl Shard {
    fn open(file: PathBuf) -> Result<Self, LoadError> {
        let io = |source| LoadError::Io { file: file.clone(), expected: "a safetensors file", source };
        let handle = File::open(&file).map_err(io)?;
        #[expect(
            unsafe_code,
            reason = "mapping is undefined when another process truncates the file meanwhile; weights of several \
                      gigabytes are not copied for that, and every tool that loads safetensors accepts it"
        )]
        // SAFETY: the file is opened for reading only and nothing in this process writes to it.
        let bytes = unsafe { Mmap::map(&handle) }.map_err(io)?;
        let bad = |reason: String| LoadError::BadShard { file: file.clone(), reason };
        let (header_length, header) =
            SafeTensors::read_metadata(&bytes).map_err(|error| bad(error.to_string()))?;
        let data = 8 + header_length;
        let expected = data + header.data_len();
        if bytes.len() < expected {
            return Err(bad(format!("it has {} bytes, its header announces {expected}", bytes.len())));
        }
        Ok(Self { file, bytes, data, header })
    }
}

fn no_weights(folder: &Path) -> LoadError {
    let formats = ["pytorch_model.bin", "pytorch_model.bin.index.json", "model.gguf", "model.onnx"];
    let found = formats.into_iter().find(|name| folder.join(name).exists()).map(str::to_owned);
    LoadError::NoWeights { folder: folder.to_owned(), found }
}
