//! `plan`: the plan itself as versioned JSON. Takes every edit of every technique.

mod description;
mod exporter;

pub(crate) use description::DESCRIPTION;
pub use exporter::PlanExporter;
pub(crate) use exporter::{FILE, FORMAT, VERSION};
