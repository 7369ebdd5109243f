//! The targets. A new one is a file here and a line in [`ALL`].

mod answers;
mod chat;
mod component;
mod exported;
mod model_config;
mod plan_file;
mod profile;
mod questions;
mod sensitivities;
mod set;
mod shard_index;
mod space;
mod store;
mod study_name;
mod texts;
mod tokenizer;
mod weights;
mod worker_lines;

use crate::Target;

/// All of them.
pub(crate) const ALL: &[Target] = &[
    profile::TARGET,
    set::TARGET,
    space::TARGET,
    plan_file::TARGET,
    study_name::TARGET,
    store::TARGET,
    model_config::TARGET,
    weights::TARGET,
    shard_index::TARGET,
    tokenizer::TARGET,
    texts::TARGET,
    questions::TARGET,
    component::TARGET,
    answers::TARGET,
    sensitivities::TARGET,
    exported::TARGET,
    chat::TARGET,
    worker_lines::TARGET,
];
