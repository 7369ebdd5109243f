//! The built-in techniques: ordinary components that travel with the program.

use attune_core::suggest::hint;

use crate::error::LoadError;

/// Names of the built-in techniques, in order.
pub const BUILTIN_NAMES: [&str; 12] = [
    "activation-bits",
    "attention-spans",
    "block-dropping",
    "checkpoint-codec",
    "checkpoint-mix",
    "expert-pruning",
    "frame-rate",
    "kv-bits",
    "memory-plan",
    "node-sleep",
    "queue-policy",
    "weight-bits",
];

const COMPONENTS: [&[u8]; BUILTIN_NAMES.len()] = [
    include_bytes!("../dist/activation-bits.wasm"),
    include_bytes!("../dist/attention-spans.wasm"),
    include_bytes!("../dist/block-dropping.wasm"),
    include_bytes!("../dist/checkpoint-codec.wasm"),
    include_bytes!("../dist/checkpoint-mix.wasm"),
    include_bytes!("../dist/expert-pruning.wasm"),
    include_bytes!("../dist/frame-rate.wasm"),
    include_bytes!("../dist/kv-bits.wasm"),
    include_bytes!("../dist/memory-plan.wasm"),
    include_bytes!("../dist/node-sleep.wasm"),
    include_bytes!("../dist/queue-policy.wasm"),
    include_bytes!("../dist/weight-bits.wasm"),
];

/// The component of a built-in technique.
pub(crate) fn find(name: &str) -> Result<&'static [u8], LoadError> {
    let position = BUILTIN_NAMES.iter().position(|known| *known == name);
    position.map(|position| COMPONENTS[position]).ok_or_else(|| LoadError::Unknown {
        name: name.to_owned(),
        hint: hint(name, BUILTIN_NAMES),
        known: BUILTIN_NAMES.join(", "),
    })
}
