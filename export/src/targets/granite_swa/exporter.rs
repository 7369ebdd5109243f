//! The exporter: a checkpoint with another config.json and one more tensor in each layer.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::sinks::Sinks;
use super::{DESCRIPTION, FAMILIES, TARGET, config};
use crate::checkpoint::{CONFIG, Companions, Layout, copy, with_manifest, write};
use crate::one_window::{OneWindow, one_family};

/// Writes a checkpoint with sliding windows that engines know by themselves.
#[derive(Clone, Copy, Debug)]
pub struct GraniteSwaExporter;

/// What was done to the checkpoint.
#[derive(Serialize)]
struct Done {
    exact: &'static str,
    /// `model_type` before.
    family_before: String,
    /// Tokens that a query of a windowed layer sees, its own included.
    window: u64,
    /// Layers with the window.
    layers: Vec<usize>,
    files: Companions,
}

const EXACT: &str = "config.json says the windows, with multipliers of 1 where the model has none; sinks take no weight; every other \
                     tensor is a byte-for-byte copy";

fn windows(plan: &Plan, model: &ModelFacts) -> Result<OneWindow, ExportError> {
    let windows = OneWindow::new(plan, model, &DESCRIPTION)?;
    let known = FAMILIES.contains(&model.family.as_str()).then_some(());
    one_family(plan, model, TARGET, known, &FAMILIES)?;
    Ok(windows)
}

impl Exporter for GraniteSwaExporter {
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
        config::carrier(files, &windows(plan, &ModelFacts::of(facts))?).map(|_| ())
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut FileSink<'_>) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let model = ModelFacts::of(input.model);
        let (config, shape) = config::carrier(input.files, &windows(input.plan, &model)?)?;
        let layout = Layout::open(input.files)?;
        let sinks = Sinks::new(&layout, &shape)?;

        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            sinks.write(input.files, &layout, sink)?;
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.text.as_bytes())?;
            Ok(Done {
                exact: EXACT,
                family_before: model.family,
                window: config.listed.tokens,
                layers: config.listed.numbers(),
                files,
            })
        })
    }
}
