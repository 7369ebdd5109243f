//! The exporter of all recipes.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use serde::Serialize;

use super::allotted::{Allotted, Unsaid, inexpressible};
use crate::checkpoint::{with_manifest, write};
use crate::description::{Answer, Description, Fidelity};

/// A quantiser: what it takes, and what its recipe is.
pub(in crate::targets) struct Tool {
    pub(super) description: &'static Description,
    /// The files of a recipe, or the tensor that it cannot be written for and why.
    pub(super) files: fn(&Allotted) -> Result<Vec<(&'static str, String)>, Unsaid>,
}

/// Writes a recipe.
#[derive(Clone, Copy)]
pub(in crate::targets) struct RecipeExporter(pub(in crate::targets) &'static Tool);

/// What was done.
#[derive(Serialize)]
struct Done {
    approximation: &'static str,
    matrices: usize,
}

impl RecipeExporter {
    fn files(&self, plan: &Plan, facts: &Facts) -> Result<(Vec<(&'static str, String)>, usize), ExportError> {
        let Tool { description, files } = self.0;
        let allotted = Allotted::new(description, plan, facts)?;
        let files = files(&allotted).map_err(|Unsaid { tensor, reason }| {
            inexpressible(description, allotted.edit_of(&tensor), format!("`{tensor}`: {reason}"))
        })?;
        Ok((files, allotted.each().filter(|(_, level)| level.is_some()).count()))
    }

    fn reason(&self, plan: &Plan) -> &'static str {
        let of = |kind: &str| match self.0.description.answer(kind) {
            Answer::Takes(takes) => match takes.fidelity {
                Fidelity::Approximate(why) | Fidelity::ExactInFloat32(why) => Some(why),
                Fidelity::Exact => None,
            },
            _ => None,
        };
        plan.edits().iter().find_map(|edit| of(&edit.kind)).unwrap_or_default()
    }
}

impl Exporter for RecipeExporter {
    fn name(&self) -> &'static str {
        self.0.description.name
    }

    fn summary(&self) -> &'static str {
        self.0.description.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        self.files(plan, facts)?;
        Ok(Exactness::Approximate { reason: self.reason(plan).to_owned() })
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut FileSink<'_>) -> Result<(), ExportError> {
        let (files, matrices) = self.files(input.plan, input.model)?;
        let description = self.0.description;
        with_manifest(description.name, input, Some(description.check), sink, |sink| {
            for (name, text) in &files {
                write(sink, name, text.as_bytes())?;
            }
            Ok(Done { approximation: self.reason(input.plan), matrices })
        })
    }
}
