//! Exporters, from files in memory to files in memory.
#![expect(clippy::unwrap_used, reason = "a helper of tests that cannot go on says where")]

mod checkpoint;
mod chosen;
mod compressed_tensors;
mod conformance;
mod described;
mod edits;
mod folders;
mod gguf;
mod hf;
mod hf_bad_models;
mod hf_blocks;
mod hf_mix;
mod hf_refusals;
mod hf_told;
mod mlx;
mod parts;
mod plan_file;
mod recipe_targets;
mod recipes;
mod refusals;
mod sensitivities;
mod told;
mod transformers;
mod vllm;
mod windows;
