//! The exporter of the targets that say windows in config.json: a checkpoint with another one.

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use super::{OneWindow, Windowed, one_family};
use crate::checkpoint::{
    CONFIG, Companions, Layout, Piece, copy, copy_weights, rewrite, with_manifest, write,
};
use crate::description::Description;

/// Writes the checkpoint of a [`Carrier`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowExporter(pub(crate) &'static Carrier);

/// Tensors that a carrier has beside those of the model.
pub(crate) type More = Vec<(String, Piece<'static>)>;

/// Makes them, or says what of the stored model is in the way.
type MakesMore = fn(&dyn ModelFiles, &Layout) -> Result<More, ExportError>;

/// A family whose config.json says windows, and what becomes of a model in it.
#[derive(Debug)]
pub(crate) struct Carrier {
    /// Its target.
    pub(crate) description: &'static Description,
    /// In what the checkpoint is exact.
    pub(crate) exact: &'static str,
    /// What a model of a family becomes one of, where it can.
    pub(crate) family: fn(&str) -> Option<&'static str>,
    /// The families that can.
    pub(crate) families: fn() -> Vec<&'static str>,
    /// config.json with the windows.
    pub(crate) config: fn(&dyn ModelFiles, &OneWindow) -> Result<Windowed, ExportError>,
    /// What it has beside the model's tensors, if it has anything.
    pub(crate) more: Option<MakesMore>,
}

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

impl Carrier {
    /// The windows of a plan, and the family that says them.
    fn windows(&self, plan: &Plan, model: &ModelFacts) -> Result<(OneWindow, &'static str), ExportError> {
        let windows = OneWindow::new(plan, model, self.description)?;
        let family = (self.family)(&model.family);
        Ok((windows, one_family(plan, model, self.description.name, family, &(self.families)())?))
    }
}

impl Exporter for WindowExporter {
    fn name(&self) -> &'static str {
        self.0.description.name
    }

    fn summary(&self) -> &'static str {
        self.0.description.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        self.0.windows(plan, &ModelFacts::of(facts)).map(|_| Exactness::Exact)
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        let (windows, _) = self.0.windows(plan, &ModelFacts::of(facts))?;
        (self.0.config)(files, &windows).map(|_| ())
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let Carrier { description, exact, .. } = self.0;
        let model = ModelFacts::of(input.model);
        let (windows, family) = self.0.windows(input.plan, &model)?;
        let config = (self.0.config)(input.files, &windows)?;
        let layout = Layout::open(input.files)?;
        let more = self.0.more.map(|more| more(input.files, &layout)).transpose()?;

        with_manifest(description.name, input, Some(description.check), sink, |sink| {
            match more {
                None => copy_weights(input.files, &layout, sink)?,
                Some(more) => {
                    rewrite(input.files, &layout, "pt", &mut |_, _| Ok(None), more, sink)?;
                }
            }
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.text.as_bytes())?;
            Ok(Done {
                exact,
                family_before: model.family,
                family,
                window: config.listed.tokens,
                layers: config.listed.numbers(),
                files,
            })
        })
    }
}
