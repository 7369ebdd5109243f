//! From guest crates to components.

use std::env;
use std::path::{Path, PathBuf};

use attune_author::{Crates, TARGET, Toolchain, componentize};

use super::PluginsError;
use super::staging::stage;

/// One guest and where its component is committed.
pub(super) struct Guest {
    /// File that cargo makes, without folder.
    module: &'static str,
    /// Component, from the root of the repository.
    pub(super) component: &'static str,
}

/// Everything that is rebuilt. `plugins/fixtures/technique-0.1.wasm` and `technique-0.2.wasm` are not: they stand for components
/// that were built long ago.
pub(super) const GUESTS: [Guest; 22] = [
    Guest { module: "activation_bits.wasm", component: "plugins/dist/activation-bits.wasm" },
    Guest { module: "attention_spans.wasm", component: "plugins/dist/attention-spans.wasm" },
    Guest { module: "block_dropping.wasm", component: "plugins/dist/block-dropping.wasm" },
    Guest { module: "checkpoint_codec.wasm", component: "plugins/dist/checkpoint-codec.wasm" },
    Guest {
        module: "checkpoint_codec_evaluator.wasm",
        component: "plugins/dist/checkpoint-codec-evaluator.wasm",
    },
    Guest { module: "checkpoint_mix.wasm", component: "plugins/dist/checkpoint-mix.wasm" },
    Guest { module: "expert_pruning.wasm", component: "plugins/dist/expert-pruning.wasm" },
    Guest { module: "frame_rate.wasm", component: "plugins/dist/frame-rate.wasm" },
    Guest { module: "frame_rate_evaluator.wasm", component: "plugins/dist/frame-rate-evaluator.wasm" },
    Guest { module: "kv_bits.wasm", component: "plugins/dist/kv-bits.wasm" },
    Guest { module: "memory_plan.wasm", component: "plugins/dist/memory-plan.wasm" },
    Guest { module: "memory_plan_evaluator.wasm", component: "plugins/dist/memory-plan-evaluator.wasm" },
    Guest { module: "node_sleep.wasm", component: "plugins/dist/node-sleep.wasm" },
    Guest { module: "node_sleep_evaluator.wasm", component: "plugins/dist/node-sleep-evaluator.wasm" },
    Guest { module: "queue_policy.wasm", component: "plugins/dist/queue-policy.wasm" },
    Guest { module: "queue_policy_evaluator.wasm", component: "plugins/dist/queue-policy-evaluator.wasm" },
    Guest { module: "weight_bits.wasm", component: "plugins/dist/weight-bits.wasm" },
    Guest { module: "example.wasm", component: "plugins/fixtures/example.wasm" },
    Guest { module: "misbehaving.wasm", component: "plugins/fixtures/misbehaving.wasm" },
    Guest { module: "misbehaving_evaluator.wasm", component: "plugins/fixtures/misbehaving-evaluator.wasm" },
    Guest { module: "page_cache.wasm", component: "plugins/fixtures/page-cache.wasm" },
    Guest { module: "toy_scheduler.wasm", component: "plugins/fixtures/toy-scheduler.wasm" },
];

/// The components of all [`GUESTS`], in order.
pub(super) fn build(root: &Path, toolchain: &Toolchain) -> Result<Vec<Vec<u8>>, PluginsError> {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("plugins/guests/target"), |shared| PathBuf::from(shared).join("guests"));
    let sources = target.join("sources");
    let folder = stage(root, &sources)?;
    let renamed = [(sources.as_path(), "/plugins")];
    toolchain.compile(&Crates { folder: &folder, target: &target, locked: true, renamed: &renamed })?;
    let module = |guest: &Guest| target.join(TARGET).join("release").join(guest.module);
    Ok(GUESTS.iter().map(|guest| componentize(&module(guest))).collect::<Result<_, _>>()?)
}
