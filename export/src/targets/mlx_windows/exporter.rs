//! The exporter: a checkpoint with another config.json.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::{DESCRIPTION, FAMILIES, TARGET, config};
use crate::checkpoint::{CONFIG, Companions, Layout, copy, copy_weights, with_manifest, write};
use crate::one_window::{OneWindow, one_family};

/// Writes a checkpoint with sliding windows that mlx-lm's Llama honours.
#[derive(Clone, Copy, Debug)]
pub struct MlxWindowsExporter;

/// What was done to the checkpoint.
#[derive(Serialize)]
struct Done {
    exact: &'static str,
    /// Tokens that a query of a windowed layer sees, its own included.
    window: u64,
    /// Layers with the window.
    layers: Vec<usize>,
    files: Companions,
}

const EXACT: &str = "config.json says the windows; weights are copied byte for byte";

fn windows(plan: &Plan, model: &ModelFacts) -> Result<OneWindow, ExportError> {
    let windows = OneWindow::new(plan, model, &DESCRIPTION)?;
    let known = FAMILIES.contains(&model.family.as_str()).then_some(());
    one_family(plan, model, TARGET, known, &FAMILIES)?;
    Ok(windows)
}

impl Exporter for MlxWindowsExporter {
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
        config::windowed(files, &windows(plan, &ModelFacts::of(facts))?).map(|_| ())
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut FileSink<'_>) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let windows = windows(input.plan, &ModelFacts::of(input.model))?;
        let config = config::windowed(input.files, &windows)?;
        let layout = Layout::open(input.files)?;

        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            copy_weights(input.files, &layout, sink)?;
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.text.as_bytes())?;
            Ok(Done { exact: EXACT, window: config.listed.tokens, layers: config.listed.numbers(), files })
        })
    }
}
