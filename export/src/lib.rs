//! Exporters of attune: plans to files that other engines load. Pure bytes out.
//!
//! An exporter expresses a plan *exactly*, or says in what its files differ from what was scored, or refuses the plan by
//! the name of the edit; nothing is approximated in silence. What a target takes is data ([`description`]), which limits a
//! search that names it as well. The command line reads the model's files and writes the results; this
//! crate opens no file.

mod checkpoint;
mod chosen;
pub mod description;
mod earlier;
mod embedding;
mod ggml;
mod matrices;
mod one_window;
mod page;
mod read;
mod recipe;
mod sensitivities;
mod targets;
mod verified;
mod wire;
mod yaml;

pub use earlier::{Earlier, EarlierError, MANIFESTS, earlier};
pub use page::page;
pub use read::{PlanFile, ReadError, read_plan};
pub use recipe::{Recipe, RecipeError, read_recipe};
pub use sensitivities::{
    Lower, ReadTable, TableError, TableFormat, Tabled, WrittenTable, read_table, write_table,
};
pub use targets::{
    CompressedTensorsExporter, GgufExporter, HfExporter, MergekitExporter, MlxExporter, MoaExporter,
    PlanExporter, Target, TransformersExporter, UnknownTarget, VllmExporter, target, targets,
};
pub use verified::{reference, with_verified};
