//! The KV cache: one type of keys and one of values for the whole model, as arguments of the server.

use attune_core::exporter::ExportError;
use attune_core::plan::Edit;
use attune_vocabulary::edits::KvBits;
use attune_vocabulary::{CacheGrid, ChannelOrder, ModelFacts};

use super::architecture::Architecture;
use super::refuse;

/// Channels of a block of a cache.
pub(super) const BLOCK: u32 = 32;
/// llama.cpp turns heads that are a multiple of it before it stores them in few bits.
const TURNED: u32 = 64;

/// The order that blocks of keys are cut in, where that is not the model's own and a head has several of them.
pub(super) fn key_order(architecture: &Architecture, model: &ModelFacts) -> Option<ChannelOrder> {
    (architecture.neighbours && model.head_dim > BLOCK).then_some(ChannelOrder::Interleaved)
}

/// How keys and values are stored; none in 16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cache {
    pub(super) keys: Option<CacheGrid>,
    pub(super) values: Option<CacheGrid>,
    /// The order that blocks of keys were cut in, where that is not the model's own.
    pub(super) key_order: Option<ChannelOrder>,
    /// Whether llama.cpp has to be told to store heads as they are.
    pub(super) as_they_are: bool,
}

impl Cache {
    pub(super) fn read(
        edits: &[(&Edit, KvBits)],
        layers: &[u32],
        model: &ModelFacts,
    ) -> Result<Self, ExportError> {
        for (edit, bits) in edits {
            plain(bits, model).map_err(|reason| refuse(edit, reason))?;
        }
        let grids = |bits: &KvBits| {
            let keys = Self::side(bits.keys, bits.key_grid);
            (keys, Self::side(bits.values, bits.value_grid), bits.key_order.filter(|_| keys.is_some()))
        };
        let of = |layer: u32, head: u32| {
            let own = |bits: &&KvBits| bits.layer == layer && bits.kv_head.is_none_or(|own| own == head);
            edits.iter().map(|(_, bits)| bits).find(own).map_or((None, None, None), grids)
        };
        let heads = || layers.iter().flat_map(|&layer| (0..model.kv_heads).map(move |head| (layer, head)));
        for (edit, bits) in edits.iter().filter(|(_, bits)| layers.contains(&bits.layer)) {
            if let Some((layer, head)) = heads().find(|&(layer, head)| of(layer, head) != grids(bits)) {
                let reason = format!(
                    "keys or values of KV head {head} of layer {layer} are stored otherwise, and llama.cpp has one type of keys \
                     and one of values for the whole model; search with one pair of them, or use `--to plan`"
                );
                return Err(refuse(edit, reason));
            }
        }
        let found = edits.iter().find(|(_, bits)| layers.contains(&bits.layer));
        let (keys, values, key_order) = found.map_or((None, None, None), |(_, bits)| grids(bits));
        let as_they_are = (keys.is_some() || values.is_some()) && model.head_dim.is_multiple_of(TURNED);
        Ok(Self { keys, values, key_order, as_they_are })
    }

    fn side(bits: u32, grid: Option<CacheGrid>) -> Option<CacheGrid> {
        grid.filter(|_| bits < 16)
    }

    /// Arguments of `llama-server` and `llama-cli`; none for a cache in 16 bits.
    pub(super) fn arguments(self) -> Vec<String> {
        let mut arguments = Vec::new();
        for (name, grid) in [("-ctk", self.keys), ("-ctv", self.values)] {
            if let Some(grid) = grid {
                arguments.extend([name.to_owned(), grid.name().to_owned()]);
            }
        }
        // Values in few bits need it, and keys may have it.
        if !arguments.is_empty() {
            arguments.extend(["-fa", "on"].map(str::to_owned));
        }
        arguments
    }

    /// What has to stand in the environment.
    pub(super) fn environment(self) -> Option<&'static str> {
        self.as_they_are.then_some("LLAMA_ATTN_ROT_DISABLE=1")
    }
}

/// Whether an edit is one of a type that llama.cpp has.
fn plain(edit: &KvBits, model: &ModelFacts) -> Result<(), String> {
    if edit.keys >= 16 && edit.values >= 16 {
        return Ok(());
    }
    for (side, bits, grid) in [("key", edit.keys, edit.key_grid), ("value", edit.values, edit.value_grid)] {
        if bits < 16 && grid.and_then(CacheGrid::blocks).is_none() {
            let known: Vec<&str> = CacheGrid::ALL
                .into_iter()
                .filter(|grid| grid.blocks().is_some())
                .map(CacheGrid::name)
                .collect();
            return Err(format!(
                "llama.cpp stores caches in {}; search with one of them as `{side}-grid`, or use `--to plan`",
                known.join(", ")
            ));
        }
    }
    if edit.sink > 0 || edit.recent > 0 {
        return Err(
            "llama.cpp stores every position of a cache alike; search with `sink: 0` and `recent: 0`"
                .to_owned(),
        );
    }
    if edit.smoothing.is_some_and(|exponent| exponent != 0.0) || edit.shrink_from.is_some() {
        return Err(
            "llama.cpp neither smooths keys nor shrinks codes; search without `smoothing` and `shrink-from`"
                .to_owned(),
        );
    }
    if !model.head_dim.is_multiple_of(BLOCK) {
        let found = model.head_dim;
        return Err(format!(
            "heads have {found} channels, and llama.cpp's blocks of caches {BLOCK}; use `--to plan`"
        ));
    }
    Ok(())
}
