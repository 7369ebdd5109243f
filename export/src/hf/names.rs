//! Tensor names of a Mixtral checkpoint.

use attune_core::exporter::ExportError;
use attune_vocabulary::ModelFacts;

use crate::checkpoint::bad;

/// The three matrices of an expert: gate, down and up projection.
pub(super) const PARTS: [&str; 3] = ["w1.weight", "w2.weight", "w3.weight"];

/// What a tensor is to the fold.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Router of a layer, one row per expert.
    Router { layer: u32 },
    /// One matrix of one expert.
    Expert { layer: u32, expert: u32, part: &'static str },
    /// Anything that is copied as it is.
    Other,
}

/// The role of the tensor `name` in `file`.
pub(super) fn role(file: &str, name: &str, model: &ModelFacts) -> Result<Role, ExportError> {
    let foreign = || {
        bad(
            file,
            format!("tensor `{name}`"),
            format!(
                "experts under `{}` to `{}` with the parts {} (fused or quantised experts are not supported)",
                expert_name(0, 0, "*"),
                expert_name(model.layers.saturating_sub(1), model.experts.saturating_sub(1), "*"),
                PARTS.join(", ")
            ),
        )
    };
    let parsed = parse(name);
    match parsed {
        Some(Role::Router { layer } | Role::Expert { layer, .. }) if layer >= model.layers => Err(foreign()),
        Some(Role::Expert { expert, .. }) if expert >= model.experts => Err(foreign()),
        Some(role) => Ok(role),
        None if name.contains("expert") || name.contains("block_sparse_moe") => Err(foreign()),
        None => Ok(Role::Other),
    }
}

fn parse(name: &str) -> Option<Role> {
    let (layer, rest) = name.strip_prefix("model.layers.")?.split_once(".block_sparse_moe.")?;
    let layer = layer.parse().ok()?;
    if rest == "gate.weight" {
        return Some(Role::Router { layer });
    }
    let (expert, found) = rest.strip_prefix("experts.")?.split_once('.')?;
    let part = PARTS.into_iter().find(|part| *part == found)?;
    Some(Role::Expert { layer, expert: expert.parse().ok()?, part })
}

pub(super) fn router_name(layer: u32) -> String {
    format!("model.layers.{layer}.block_sparse_moe.gate.weight")
}

pub(super) fn expert_name(layer: u32, expert: u32, part: &str) -> String {
    format!("model.layers.{layer}.block_sparse_moe.experts.{expert}.{part}")
}
