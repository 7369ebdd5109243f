//! Exporters of attune: plans to files that other engines load. Pure bytes out.
//!
//! An exporter expresses a plan *exactly*, or says in what its files differ from what was scored, or refuses the plan by
//! the name of the edit; nothing is approximated in silence. The command line reads the model's files and writes the results; this
//! crate opens no file.

mod checkpoint;
mod earlier;
mod hf;
mod mlx;
mod plan;
mod read;
mod wire;

use attune_core::exporter::Exporter;
use attune_core::suggest::hint;

pub use earlier::{Earlier, EarlierError, MANIFESTS, earlier};
pub use hf::HfExporter;
pub use mlx::MlxExporter;
pub use plan::PlanExporter;
pub use read::{PlanFile, ReadError, read_plan};

/// A target that nobody exports to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown export target `{found}`{}; `--to` takes {}", hint(found, names()), names().join(", "))]
pub struct UnknownTarget {
    /// What was asked for.
    pub found: String,
}

/// All exporters, in the order in which help texts list them.
pub fn exporters() -> Vec<Box<dyn Exporter>> {
    vec![Box::new(PlanExporter), Box::new(HfExporter), Box::new(MlxExporter)]
}

/// The exporter of a target.
///
/// # Errors
/// [`UnknownTarget`], with the nearest name.
pub fn by_name(name: &str) -> Result<Box<dyn Exporter>, UnknownTarget> {
    exporters()
        .into_iter()
        .find(|exporter| exporter.name() == name)
        .ok_or_else(|| UnknownTarget { found: name.to_owned() })
}

fn names() -> Vec<&'static str> {
    exporters().iter().map(|exporter| exporter.name()).collect()
}

#[cfg(test)]
mod tests {
    use super::by_name;

    #[test]
    fn targets_are_found_by_name_and_slips_are_named() {
        assert_eq!(by_name("hf").map(|found| found.name()).ok(), Some("hf"));
        let message = |name| by_name(name).map(|_| ()).unwrap_err().to_string();
        assert_eq!(
            message("plna"),
            "unknown export target `plna`; did you mean `plan`?; `--to` takes plan, hf, mlx"
        );
        assert_eq!(message("tensorrt"), "unknown export target `tensorrt`; `--to` takes plan, hf, mlx");
    }
}
