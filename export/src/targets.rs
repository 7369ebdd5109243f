//! The targets: one folder each, with a description as data and an exporter. A new one is a folder and a line here.

mod compressed_tensors;
mod gguf;
mod granite_swa;
mod hf;
mod mergekit;
mod mlx;
mod mlx_windows;
mod moa;
mod plan;
mod recipes;
mod transformers;
mod vllm;
mod windows;

use attune_core::exporter::Exporter;
use attune_core::suggest::hint;

use crate::description::Description;
use crate::one_window::WindowExporter;
use recipes::RecipeExporter;

pub use compressed_tensors::CompressedTensorsExporter;
pub use gguf::GgufExporter;
pub use hf::HfExporter;
pub use mergekit::MergekitExporter;
pub use mlx::MlxExporter;
pub(crate) use mlx::path as mlx_path;
pub use moa::MoaExporter;
pub use plan::PlanExporter;
pub(crate) use plan::{FILE as PLAN_FILE, FORMAT as PLAN_FORMAT, VERSION as PLAN_VERSION};
pub use transformers::TransformersExporter;
pub use vllm::VllmExporter;

/// A target: what it can, and who writes its files.
#[derive(Clone, Copy)]
pub struct Target {
    /// What it takes.
    pub description: &'static Description,
    /// Who writes its files.
    pub exporter: &'static dyn Exporter,
}

/// A target that there is none of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown target `{found}`{}; there are {} (`attune target list`)", hint(found, names()), names().join(", "))]
pub struct UnknownTarget {
    /// What was asked for.
    pub found: String,
}

/// All targets, in the order in which help texts list them.
pub fn targets() -> &'static [Target] {
    TARGETS
}

const TARGETS: &[Target] = &[
    Target { description: &plan::DESCRIPTION, exporter: &PlanExporter },
    Target { description: &hf::DESCRIPTION, exporter: &HfExporter },
    Target { description: &mlx::DESCRIPTION, exporter: &MlxExporter },
    Target { description: &compressed_tensors::DESCRIPTION, exporter: &CompressedTensorsExporter },
    Target { description: &gguf::DESCRIPTION, exporter: &GgufExporter },
    Target { description: &windows::DESCRIPTION, exporter: &WindowExporter(&windows::CARRIER) },
    Target { description: &granite_swa::DESCRIPTION, exporter: &WindowExporter(&granite_swa::CARRIER) },
    Target { description: &mlx_windows::DESCRIPTION, exporter: &WindowExporter(&mlx_windows::CARRIER) },
    Target { description: &transformers::DESCRIPTION, exporter: &TransformersExporter },
    Target { description: &moa::DESCRIPTION, exporter: &MoaExporter },
    Target { description: &mergekit::DESCRIPTION, exporter: &MergekitExporter },
    Target {
        description: &recipes::autoround::DESCRIPTION,
        exporter: &RecipeExporter(&recipes::autoround::TOOL),
    },
    Target {
        description: &recipes::llm_compressor::DESCRIPTION,
        exporter: &RecipeExporter(&recipes::llm_compressor::TOOL),
    },
    Target {
        description: &recipes::gptqmodel::DESCRIPTION,
        exporter: &RecipeExporter(&recipes::gptqmodel::TOOL),
    },
    Target {
        description: &recipes::modelopt::DESCRIPTION,
        exporter: &RecipeExporter(&recipes::modelopt::TOOL),
    },
    Target { description: &recipes::exl3::DESCRIPTION, exporter: &RecipeExporter(&recipes::exl3::TOOL) },
    Target {
        description: &recipes::mlx_recipe::DESCRIPTION,
        exporter: &RecipeExporter(&recipes::mlx_recipe::TOOL),
    },
    Target { description: &vllm::DESCRIPTION, exporter: &VllmExporter },
];

/// The target of this name.
///
/// # Errors
/// [`UnknownTarget`], with the nearest name.
pub fn target(name: &str) -> Result<&'static Target, UnknownTarget> {
    TARGETS
        .iter()
        .find(|target| target.description.name == name)
        .ok_or_else(|| UnknownTarget { found: name.to_owned() })
}

fn names() -> Vec<&'static str> {
    TARGETS.iter().map(|target| target.description.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_by_name_and_slips_are_named() {
        assert_eq!(target("hf").map(|found| found.exporter.name()).ok(), Some("hf"));
        let message = |name| target(name).map(|_| ()).unwrap_err().to_string();
        let there = format!("there are {} (`attune target list`)", names().join(", "));
        assert_eq!(message("plna"), format!("unknown target `plna`; did you mean `plan`?; {there}"));
        assert_eq!(message("tensorrt"), format!("unknown target `tensorrt`; {there}"));
    }

    #[test]
    fn an_exporter_has_the_name_and_the_summary_of_its_description() {
        for target in targets() {
            assert_eq!(target.exporter.name(), target.description.name);
            assert_eq!(target.exporter.summary(), target.description.summary);
        }
    }
}
