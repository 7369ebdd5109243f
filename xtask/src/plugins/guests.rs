//! From guest crates to components.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use wit_component::ComponentEncoder;

use super::PluginsError;
use super::toolchain::{TARGET, Toolchain};

/// One guest and where its component is committed.
pub(super) struct Guest {
    /// File that cargo makes, without folder.
    module: &'static str,
    /// Component, from the root of the repository.
    pub(super) component: &'static str,
}

/// Everything that is rebuilt. `plugins/fixtures/technique-0.1.wasm` is not: it stands for components
/// that were built long ago.
pub(super) const GUESTS: [Guest; 9] = [
    Guest { module: "activation_bits.wasm", component: "plugins/dist/activation-bits.wasm" },
    Guest { module: "attention_spans.wasm", component: "plugins/dist/attention-spans.wasm" },
    Guest { module: "block_dropping.wasm", component: "plugins/dist/block-dropping.wasm" },
    Guest { module: "checkpoint_mix.wasm", component: "plugins/dist/checkpoint-mix.wasm" },
    Guest { module: "expert_pruning.wasm", component: "plugins/dist/expert-pruning.wasm" },
    Guest { module: "kv_bits.wasm", component: "plugins/dist/kv-bits.wasm" },
    Guest { module: "weight_bits.wasm", component: "plugins/dist/weight-bits.wasm" },
    Guest { module: "example.wasm", component: "plugins/fixtures/example.wasm" },
    Guest { module: "misbehaving.wasm", component: "plugins/fixtures/misbehaving.wasm" },
];

/// The components of all [`GUESTS`], in order.
pub(super) fn build(root: &Path, toolchain: &Toolchain) -> Result<Vec<Vec<u8>>, PluginsError> {
    let folder = root.join("plugins/guests");
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| folder.join("target"), |shared| PathBuf::from(shared).join("guests"));
    toolchain.build(&folder, &target)?;
    GUESTS.iter().map(|guest| componentize(&target.join(TARGET).join("release").join(guest.module))).collect()
}

fn componentize(path: &Path) -> Result<Vec<u8>, PluginsError> {
    let module = fs::read(path).map_err(|source| PluginsError::io("read", path, source))?;
    ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .map_err(|error| PluginsError::Componentize { path: path.to_owned(), detail: format!("{error:#}") })
}
