//! The vocabulary of neural models: facts, and the edits, one file each under `edits/`: a schema and a typed view of its arguments. Adding an edit
//! touches its file and one line of [`edits`].
//!
//! What each edit means to the last digit is documented in `docs/edits.md`, whose tables of arguments come from here.

mod channel_order;
mod checkpoint_mix;
pub mod edits;
mod embeddings;
mod facts;
mod grid_argument;
mod grids;
mod linear_modules;
pub mod markdown;
mod module;
mod rounding;
mod start;
mod view;

use std::sync::LazyLock;

use attune_core::plan::{Edit, Plan, Vocabulary};
use attune_core::report::UNEDITED_WORDS;

pub use attune_grids::{CacheGrid, Grouping, NumberGrid};
pub use channel_order::ChannelOrder;
pub use checkpoint_mix::checkpoint_mix;
pub use embeddings::{EMBEDDINGS, Embedding, EmbeddingMatrix, embeddings, say_embeddings};
pub use facts::{
    BLOCK_PARAMETERS, CACHE_ELEMENTS, CACHE_LAYERS, EXPERT_KEYS, EXPERT_LAYERS, EXPERT_TENSORS, ModelFacts,
    OTHER_BYTES, ROUTER_MAPPING, ROUTER_PARAMETERS, ROUTER_TENSORS, cache_layers, expert_layers,
};
pub use linear_modules::{
    LinearModules, MODULE_ELEMENT_BYTES, MODULE_INPUTS, MODULE_SHAPES, MODULE_TENSORS, MODULES, Matrices,
    NamedModule,
};
pub use module::Module;
pub use rounding::Rounding;
pub use start::start_signals;
pub use view::ModelEdit;

/// Every edit of a neural model that this build knows.
pub fn model() -> &'static Vocabulary {
    static MODEL: LazyLock<Vocabulary> =
        LazyLock::new(|| Vocabulary::new(edits::schemas()).calling_unedited(UNEDITED_WORDS));
    &MODEL
}

/// Arguments, by kind of edit, that came after `attune-evaluator/1`: an evaluator that does not list them does not know that they
/// change anything.
pub const LISTED: [(&str, &str); 5] = [
    ("weight-bits", "grid"),
    ("weight-bits", "rounding"),
    ("kv-bits", "key-grid"),
    ("kv-bits", "value-grid"),
    ("kv-bits", "key-order"),
];

/// The canonical plan of `edits` of neural models.
pub fn arrange(edits: impl IntoIterator<Item = impl Into<Edit>>) -> Plan {
    model().arrange(edits.into_iter().map(Into::into))
}

/// The layer that an edit of a neural model touches: 0 for one that touches the whole model.
pub fn layer(edit: &Edit) -> u32 {
    model().group(edit)
}
