//! The exporter of all recipes.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink};
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, Rounding};
use serde::Serialize;

use super::allotted::{Allotted, Unsaid, inexpressible};
use crate::checkpoint::{with_manifest, write};
use crate::description::{Answer, Description, Fidelity};

/// Names and contents.
pub(super) type Files = Vec<(&'static str, String)>;

/// A quantiser: what it takes, and what its recipe is.
pub(in crate::targets) struct Tool {
    pub(super) description: &'static Description,
    /// The files of a recipe, or the tensor that it cannot be written for and why.
    pub(super) files: fn(&Allotted) -> Result<Files, Unsaid>,
    /// How the tool is given them.
    pub(super) given: &'static str,
    /// Whether it chooses codes by error feedback itself.
    pub(super) feeds_back: bool,
}

/// Writes a recipe.
#[derive(Clone, Copy)]
pub(in crate::targets) struct RecipeExporter(pub(in crate::targets) &'static Tool);

/// What was done.
#[derive(Serialize)]
struct Done {
    approximation: String,
    /// How the tool is given the files.
    given: &'static str,
    matrices: usize,
}

/// In what a tool with error feedback differs from a plan with it.
const FED_BACK: &str = "where the plan has `rounding`, codes were scored as error feedback chooses them on the search's own calibration data, and \
                        the tool's data are others";

/// Edits whose codes were chosen by more than the weights.
fn rounded(plan: &Plan) -> impl Iterator<Item = (&Edit, Rounding)> {
    let of = |edit| Some((edit, WeightBits::of(edit).filter(|bits| bits.bits < 16)?.rounding?));
    plan.edits().iter().filter_map(of)
}

impl RecipeExporter {
    fn files(&self, plan: &Plan, facts: &Facts) -> Result<(Files, usize), ExportError> {
        let Tool { description, files, feeds_back, .. } = self.0;
        let allotted = Allotted::new(description, plan, facts)?;
        if let Some((edit, rounding)) = rounded(plan).next().filter(|_| !feeds_back) {
            let reason = format!(
                "codes were chosen by {}, and this tool chooses them otherwise; search without `rounding`, or use a recipe of a tool \
                 that does it (`--to gptqmodel`, `--to llm-compressor`), or `--to plan`",
                rounding.name()
            );
            return Err(inexpressible(description, edit.to_string(), reason));
        }
        let files = files(&allotted).map_err(|Unsaid { tensor, reason }| {
            inexpressible(description, allotted.edit_of(&tensor), format!("`{tensor}`: {reason}"))
        })?;
        Ok((files, allotted.each().filter(|(_, level)| level.is_some()).count()))
    }

    fn reason(&self, plan: &Plan) -> String {
        let own = self.own_reason(plan);
        match rounded(plan).next() {
            None => own.to_owned(),
            Some(_) => format!("{own}; {FED_BACK}"),
        }
    }

    fn own_reason(&self, plan: &Plan) -> &'static str {
        let of = |kind: &str| match self.0.description.answer(kind) {
            Answer::Takes(takes) => match takes.fidelity {
                Fidelity::Approximate(why)
                | Fidelity::ExactInFloat32(why)
                | Fidelity::ExactWhere { why, .. } => Some(why),
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
        Ok(Exactness::Approximate { reason: self.reason(plan) })
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        let (files, matrices) = self.files(input.plan, input.model)?;
        let description = self.0.description;
        with_manifest(description.name, input, Some(description.check), sink, |sink| {
            for (name, text) in &files {
                write(sink, name, text.as_bytes())?;
            }
            Ok(Done { approximation: self.reason(input.plan), given: self.0.given, matrices })
        })
    }
}
