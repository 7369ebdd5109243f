//! The exporter: a file of arguments and its manifest.

use std::collections::{BTreeMap, BTreeSet};

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::description::{EXPERTS_CHECK, QUERIES};
use super::serving::Serving;
use super::{DESCRIPTION, TARGET, arguments, config};
use crate::checkpoint::{CONFIG, Companions, Layout, Rewritten, copy, with_manifest, write};
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
    /// The command, with the folder of the model to be filled in where it is not this one.
    serve: String,
    rounded_layers: Vec<u32>,
    window: Option<u64>,
    windowed_layers: Vec<u32>,
    /// Experts in whose place there is a 0, by layer; vLLM has to be 0.33 or later.
    approximate_experts: BTreeMap<u32, BTreeSet<u32>>,
    tensors: Option<Rewritten>,
    files: Option<Companions>,
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
        let serving = Serving::new(plan, facts)?;
        if !serving.silenced.is_empty() {
            serving.silenced.config(files)?;
        }
        config::check(files, &serving)
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        let serving = Serving::new(input.plan, input.model)?;
        config::check(input.files, &serving)?;
        let pruned = match serving.silenced.is_empty() {
            true => None,
            false => {
                let layout = Layout::open(input.files)?;
                serving.silenced.complete(&layout)?;
                Some((serving.silenced.config(input.files)?, layout))
            }
        };
        let has_arguments = !serving.rounded.is_empty() || serving.windows.is_some();
        let model = if pruned.is_some() { "." } else { "MODEL" };
        let check = if pruned.is_some() { EXPERTS_CHECK } else { DESCRIPTION.check };
        with_manifest(TARGET, input, Some(check), sink, |sink| {
            if has_arguments {
                write(sink, FILE, arguments::yaml(&serving, model).as_bytes())?;
            }
            let (mut tensors, mut companions) = (None, None);
            if let Some((config, layout)) = &pruned {
                let hidden = ModelFacts::of(input.model).hidden as usize;
                tensors = Some(serving.silenced.write(input.files, layout, hidden, sink)?);
                companions = Some(copy(input.files, layout, sink)?);
                // Last, because a folder without it is no model.
                write(sink, CONFIG, config.as_bytes())?;
            }
            let window = serving.windows.as_ref().map(|windows| &windows.window);
            Ok(Done {
                approximation: approximation(&serving),
                serve: format!(
                    "vllm serve {model}{}",
                    if has_arguments { " --config vllm.yaml" } else { "" }
                ),
                rounded_layers: serving.rounded.clone(),
                window: window.map(OneWindow::tokens),
                windowed_layers: window.into_iter().flat_map(OneWindow::layers).copied().collect(),
                approximate_experts: serving.silenced.layers().clone(),
                tensors,
                files: companions,
            })
        })
    }
}

/// In what vLLM's numbers differ from those that were scored, if they do.
fn approximation(serving: &Serving) -> Option<&'static str> {
    (!serving.rounded.is_empty()).then_some(QUERIES)
}
