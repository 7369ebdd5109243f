//! Safetensors files of a model folder, mapped into memory.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use attune_families::ConfigError;
use attune_families::config::{json, quoted};
use attune_families::schema::Wrapper;
use attune_families::tensors::keys;
use memmap2::Mmap;
use safetensors::SafeTensors;
use safetensors::tensor::{Metadata, TensorInfo};

use super::folder::{self, INDEX, SINGLE};
use super::missing;
use super::packing::Packing;
use super::pages::Pages;
use crate::error::LoadError;

/// Most bytes of an index: those of the largest models have some millions.
const LARGEST_INDEX: u64 = 64 << 20;

/// All weight files of a model.
pub struct Checkpoint {
    folder: PathBuf,
    shards: Vec<Shard>,
    /// Tensor name → shard, where an index says so.
    index: Option<BTreeMap<String, usize>>,
    pub(super) packing: Packing,
    /// The model of several parts that the tensors are of: what they are called by themselves comes after its prefix.
    wrapper: Option<Wrapper>,
}

struct Shard {
    file: PathBuf,
    bytes: Arc<Mmap>,
    data: usize,
    header: Metadata,
}

/// One stored tensor.
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(super) file: &'a Path,
    pub(super) info: &'a TensorInfo,
    pub(super) bytes: &'a [u8],
    shard: &'a Shard,
}

impl Stored<'_> {
    /// Its bytes, for as long as anybody holds them.
    pub(super) fn pages(&self) -> Pages {
        let (start, end) = self.info.data_offsets;
        Pages::new(&self.shard.bytes, self.shard.data + start..self.shard.data + end)
    }
}

impl Checkpoint {
    /// Opens `model.safetensors`, or the shards that `model.safetensors.index.json` lists.
    ///
    /// # Errors
    /// Absent, unreadable or damaged files.
    pub fn open(folder: &Path) -> Result<Self, LoadError> {
        // Whatever is at that name: what is no regular file is refused as that.
        let there = |name: &str| folder.join(name).symlink_metadata().is_ok();
        if there(SINGLE) {
            return Self::file(folder, SINGLE);
        }
        if !there(INDEX) {
            return Err(folder::without_weights(folder));
        }
        let file = folder.join(INDEX);
        let places = places(&file)?;
        let mut names: Vec<&String> = places.values().collect();
        names.sort();
        names.dedup();
        let shards = names.iter().map(|name| Shard::open(folder.join(name))).collect::<Result<_, _>>()?;
        let place = |name: &String| names.binary_search(&name).unwrap_or_default();
        let index = places.iter().map(|(tensor, file)| (tensor.clone(), place(file))).collect();
        let checkpoint = Self {
            folder: folder.to_owned(),
            shards,
            index: Some(index),
            packing: Packing::None,
            wrapper: None,
        };
        checkpoint.agrees(&file)?;
        Ok(checkpoint)
    }

    /// The index and the shards name the same tensors.
    fn agrees(&self, index: &Path) -> Result<(), LoadError> {
        let places = self.index.iter().flatten();
        let stale = |tensor: &str, shard: &Shard, found: &'static str| LoadError::StaleIndex {
            index: index.to_owned(),
            tensor: tensor.to_owned(),
            shard: shard.file.clone(),
            found,
        };
        for (tensor, &place) in places {
            let shard = &self.shards[place];
            if shard.header.info(tensor).is_none() {
                return Err(stale(tensor, shard, "the index says that it is there, and the file lacks it"));
            }
        }
        for (number, shard) in self.shards.iter().enumerate() {
            let placed =
                |tensor: &String| self.index.as_ref().and_then(|index| index.get(tensor)) == Some(&number);
            if let Some(tensor) = shard.header.tensors().keys().filter(|tensor| !placed(tensor)).min() {
                return Err(stale(tensor, shard, "the file has it, and the index does not say so"));
            }
        }
        Ok(())
    }

    /// Opens one safetensors file of a folder.
    ///
    /// # Errors
    /// An absent, unreadable or damaged file.
    pub(crate) fn file(folder: &Path, name: &str) -> Result<Self, LoadError> {
        let shards = vec![Shard::open(folder.join(name))?];
        Ok(Self { folder: folder.to_owned(), shards, index: None, packing: Packing::None, wrapper: None })
    }

    /// The same, of which matrices are packed so.
    pub(super) fn packed_as(self, packing: Packing) -> Self {
        Self { packing, ..self }
    }

    /// Whether some of its matrices are in few bits.
    pub(super) fn is_packed(&self) -> bool {
        self.packing != Packing::None
    }

    /// The shape of a stored tensor.
    pub(crate) fn shape(&self, tensor: &str) -> Option<&[usize]> {
        self.find(tensor).ok()?.header.info(&self.stored_name(tensor)).map(|info| info.shape.as_slice())
    }

    /// Whether a stored tensor is a mere name: a size of its shape is 0.
    pub(crate) fn has_no_elements(&self, tensor: &str) -> bool {
        self.shape(tensor).is_some_and(|shape| shape.contains(&0))
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

    /// The tensors of a language model that is a part of `wrapper`, under the names that they have by themselves.
    #[must_use]
    pub(crate) fn within(self, wrapper: Option<Wrapper>) -> Self {
        Self { wrapper, ..self }
    }

    fn stored_name<'a>(&self, tensor: &'a str) -> Cow<'a, str> {
        match &self.wrapper {
            None => tensor.into(),
            Some(wrapper) => format!("{}{tensor}", wrapper.prefix).into(),
        }
    }

    /// Names of all stored tensors, with their files; those of other parts of the model left out.
    pub(crate) fn names(&self) -> impl Iterator<Item = (String, &Path)> {
        self.shards
            .iter()
            .flat_map(|shard| shard.header.tensors().into_keys().map(|name| (name, shard.file.as_path())))
            .filter_map(|(name, file)| match &self.wrapper {
                None => Some((name, file)),
                Some(wrapper) if wrapper.others.iter().any(|other| name.starts_with(other)) => None,
                Some(wrapper) => {
                    // One beside the language model that is of no other part has no place in it.
                    let own = name.strip_prefix(wrapper.prefix).map(str::to_owned);
                    Some((own.unwrap_or_else(|| format!("{name} (beside `{}`)", wrapper.prefix)), file))
                }
            })
    }

    fn infos(&self) -> impl Iterator<Item = &TensorInfo> {
        self.shards.iter().flat_map(|shard| shard.header.tensors().into_values())
    }

    /// Element type, shape and bytes of a stored tensor, and its file.
    pub(super) fn stored(&self, name: &str) -> Option<Stored<'_>> {
        let shard = self.find(name).ok()?;
        let info = shard.header.info(&self.stored_name(name))?;
        let (start, end) = info.data_offsets;
        let bytes = &shard.bytes[shard.data + start..shard.data + end];
        Some(Stored { file: &shard.file, info, bytes, shard })
    }

    pub(crate) fn tensor(&self, name: &str, expected: &[usize]) -> Result<Stored<'_>, LoadError> {
        let Some(stored) = self.stored(name) else {
            return Err(LoadError::MissingTensor {
                place: self.place(name),
                tensor: name.to_owned(),
                expected: expected.to_owned(),
                hint: missing::hint(self.names().map(|(name, _)| name), name),
            });
        };
        if stored.info.shape != expected {
            return Err(LoadError::WrongShape {
                file: stored.file.to_owned(),
                tensor: name.to_owned(),
                found: stored.info.shape.clone(),
                expected: expected.to_owned(),
                keys: keys(name),
            });
        }
        Ok(stored)
    }

    /// The file of a tensor, or the place where one would look for it.
    pub(super) fn place(&self, tensor: &str) -> PathBuf {
        self.find(tensor).map_or_else(Path::to_owned, |shard| shard.file.clone())
    }

    /// The shard that holds a tensor, or the place where one would look for it.
    fn find(&self, tensor: &str) -> Result<&Shard, &Path> {
        let tensor = &*self.stored_name(tensor);
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
        let (handle, _) = attune_files::open(&file, u64::MAX)
            .map_err(|source| ConfigError::Io { source, expected: "a safetensors file" })?;
        #[expect(
            unsafe_code,
            reason = "mapping is undefined when another process writes to the file meanwhile; weights of several \
                      gigabytes are not copied for that, and every tool that maps safetensors accepts it"
        )]
        // SAFETY: the file is opened for reading only and nothing in this process writes to it.
        let mapped = unsafe { Mmap::map(&handle) };
        let bytes = mapped.map_err(|source| ConfigError::Io {
            source: attune_files::ReadError::Io { path: file.clone(), source },
            expected: "a safetensors file",
        })?;
        let bad = |reason: String| LoadError::BadShard {
            file: file.clone(),
            reason,
            advice: if bytes.starts_with(b"version https://git-lfs") {
                "it is a pointer to the file: run `git lfs pull`"
            } else {
                "download it again"
            },
        };
        let (header_length, header) =
            SafeTensors::read_metadata(&bytes).map_err(|error| bad(error.to_string()))?;
        let data = 8 + header_length;
        let expected = data + header.data_len();
        if bytes.len() < expected {
            return Err(bad(format!("it has {} bytes, its header announces {expected}", bytes.len())));
        }
        Ok(Self { file, bytes: Arc::new(bytes), data, header })
    }
}

/// Which tensor is in which file, as an index says; all files are in its folder.
fn places(index: &Path) -> Result<BTreeMap<String, String>, LoadError> {
    let bad = |key: String, found: String, expected: &str| {
        LoadError::Config(ConfigError::BadConfig {
            file: index.to_owned(),
            key,
            found,
            expected: expected.to_owned(),
        })
    };
    let value = json::read_as(index, LARGEST_INDEX, "an index of shards")?;
    let map = value.get("weight_map");
    let Some(map) = map.and_then(|map| map.as_object()) else {
        let found = map.map_or("absent".to_owned(), quoted);
        return Err(bad("weight_map".to_owned(), found, "an object from tensors to files"));
    };
    let place = |(tensor, file): (&String, &serde_json::Value)| match file.as_str() {
        Some(name) if is_inside(name) => Ok((tensor.clone(), name.to_owned())),
        _ => {
            let expected = "the name of a file in the folder of the index";
            Err(bad(format!("weight_map.{tensor}"), quoted(file), expected))
        }
    };
    map.iter().map(place).collect()
}

/// Whether a path stays in the folder that it starts from, as written. A link in that folder may lead anywhere, as those
/// of the Hugging Face cache do: whoever made it could have put the file there.
fn is_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_))) && !name.contains('\\')
}
