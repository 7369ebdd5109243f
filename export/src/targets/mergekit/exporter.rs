//! The exporter: the document, and the checkpoint that mergekit makes of it.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;

use super::document::document;
use super::{DESCRIPTION, TARGET};
use crate::checkpoint::{GENERATOR, Mix, write};
use crate::description::Answer;

/// The document for mergekit.
const DOCUMENT: &str = "mergekit.yaml";

/// Writes a mixture of checkpoints for mergekit, and the merged checkpoint.
#[derive(Clone, Copy, Debug)]
pub struct MergekitExporter;

impl Exporter for MergekitExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        mix(plan, &ModelFacts::of(facts)).map(|_| Exactness::Exact)
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        let model = &ModelFacts::of(facts);
        mix(plan, model).and_then(|_| Mix::check_config(files, model))
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        let model = &ModelFacts::of(input.model);
        let mix = mix(input.plan, model)?;
        mix.export(input, model, Some(DESCRIPTION.check), sink, |names, sink| {
            write(sink, DOCUMENT, document(names, mix.coefficients()).as_bytes())
        })
    }
}

/// The mixture that a plan is.
fn mix(plan: &Plan, model: &ModelFacts) -> Result<Mix, ExportError> {
    let refuse = |edit: String, reason: String| ExportError::Inexpressible { target: TARGET, edit, reason };
    for edit in plan.edits() {
        if let Answer::Not(why) = DESCRIPTION.answer(&edit.kind) {
            return Err(refuse(edit.to_string(), why.to_owned()));
        }
    }
    if model.family != GENERATOR {
        let edit = plan.edits().first().map_or("(the plan has none)".to_owned(), ToString::to_string);
        let reason = format!(
            "checkpoints of image generators ({GENERATOR}) are mixed, and this model is of {}; use `--to plan`",
            model.family
        );
        return Err(refuse(edit, reason));
    }
    Mix::new(TARGET, plan, model)
}
