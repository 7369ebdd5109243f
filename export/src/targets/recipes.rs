//! Recipes: plans of bits as configs for quantisers that do it themselves.
//!
//! A recipe says which matrix gets how many bits, and the tool rounds: by sign descent, error feedback, trellis codes, or to nearest on a
//! grid of its own. What was scored is round-to-nearest on the grid of the plan, so every recipe is approximate, and is written
//! with `--approximate` only. What each tool takes is its description; the checks read from there.

mod allotted;
pub(super) mod autoround;
pub(super) mod exl3;
mod exporter;
pub(super) mod gptqmodel;
pub(super) mod llm_compressor;
pub(super) mod mlx_recipe;
pub(super) mod modelopt;
mod pattern;

pub(super) use exporter::RecipeExporter;

use crate::description::Together;

/// Modules that engines compute as one, and that have one level each.
const FUSED: &[Together] = &[
    Together::Experts,
    Together::Stored,
    Together::Modules(&["q", "k", "v"]),
    Together::Modules(&["gate", "up"]),
];

/// In what a quantiser's own rounding differs.
const OWN_ROUNDING: &str =
    "the tool rounds the weights itself; what was scored is round-to-nearest on the grid of the plan";
/// Why other edits are refused.
const BITS_ALONE: &str = "a recipe gives bits to weights and says nothing else; use `--to plan`";
