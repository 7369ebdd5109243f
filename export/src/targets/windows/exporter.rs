//! The exporter: a checkpoint with another config.json.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::families::{carrier, names};
use super::{DESCRIPTION, TARGET, config};
use crate::checkpoint::{CONFIG, Companions, Layout, copy, copy_weights, with_manifest, write};
use crate::one_window::{OneWindow, one_family};

/// Writes a checkpoint with sliding windows that transformers honours.
#[derive(Clone, Copy, Debug)]
pub struct WindowsExporter;

/// What was done to the checkpoint.
#[derive(Serialize)]
struct Done {
    exact: &'static str,
    /// `model_type`, before and now.
    family_before: String,
    family: &'static str,
    /// Tokens that a query of a windowed layer sees, its own included.
    window: u64,
    /// Layers with the window.
    layers: Vec<usize>,
    files: Companions,
}

const EXACT: &str = "config.json says the windows; weights are copied byte for byte";

fn windows(plan: &Plan, model: &ModelFacts) -> Result<(OneWindow, &'static str), ExportError> {
    let windows = OneWindow::new(plan, model, &DESCRIPTION)?;
    Ok((windows, one_family(plan, model, TARGET, carrier(&model.family), &names())?))
}

impl Exporter for WindowsExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        windows(plan, &ModelFacts::of(facts)).map(|_| Exactness::Exact)
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        let (windows, _) = windows(plan, &ModelFacts::of(facts))?;
        config::windowed(files, &windows).map(|_| ())
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut FileSink<'_>) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let model = ModelFacts::of(input.model);
        let (windows, family) = windows(input.plan, &model)?;
        let config = config::windowed(input.files, &windows)?;
        let layout = Layout::open(input.files)?;

        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            copy_weights(input.files, &layout, sink)?;
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.text.as_bytes())?;
            Ok(Done {
                exact: EXACT,
                family_before: model.family,
                family,
                window: config.listed.tokens,
                layers: config.listed.numbers(),
                files,
            })
        })
    }
}
