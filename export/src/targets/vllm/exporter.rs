//! The exporter: a file of arguments and its manifest.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use serde::Serialize;

use super::description::QUERIES;
use super::serving::Serving;
use super::{DESCRIPTION, TARGET, arguments, config};
use crate::checkpoint::{with_manifest, write};
use crate::one_window::OneWindow;

/// The file of arguments.
const FILE: &str = "vllm.yaml";

/// Writes arguments with which vLLM serves the model as the plan says.
#[derive(Clone, Copy, Debug)]
pub struct VllmExporter;

/// What vLLM is told.
#[derive(Serialize)]
struct Done {
    approximation: Option<&'static str>,
    /// The command, with the folder of the model to be filled in.
    serve: &'static str,
    rounded_layers: Vec<u32>,
    window: Option<u64>,
    windowed_layers: Vec<u32>,
}

impl Exporter for VllmExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        Ok(match approximation(&Serving::new(plan, facts)?) {
            None => Exactness::Exact,
            Some(reason) => Exactness::Approximate { reason: reason.to_owned() },
        })
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        config::check(files, &Serving::new(plan, facts)?)
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        let serving = Serving::new(input.plan, input.model)?;
        config::check(input.files, &serving)?;
        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            write(sink, FILE, arguments::yaml(&serving).as_bytes())?;
            let window = serving.windows.as_ref().map(|windows| &windows.window);
            Ok(Done {
                approximation: approximation(&serving),
                serve: "vllm serve MODEL --config vllm.yaml",
                rounded_layers: serving.rounded.clone(),
                window: window.map(OneWindow::tokens),
                windowed_layers: window.into_iter().flat_map(OneWindow::layers).copied().collect(),
            })
        })
    }
}

/// In what vLLM's numbers differ from those that were scored, if they do.
fn approximation(serving: &Serving) -> Option<&'static str> {
    (!serving.rounded.is_empty()).then_some(QUERIES)
}
