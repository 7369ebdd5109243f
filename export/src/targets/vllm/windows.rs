//! Layers with a window: one width for the model, all heads of a layer alike, and what computes them.

use attune_core::exporter::ExportError;
use attune_core::plan::Edit;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::AttentionSpan;

use super::families::{Backend, WINDOWED, windowed};
use super::{TARGET, refuse};
use crate::one_window::OneWindow;

/// Which layers have the window.
#[derive(Debug)]
pub(super) struct Windows {
    /// The layers, and what they see.
    pub(super) window: OneWindow,
    /// Layers of the model.
    pub(super) count: u32,
    /// What computes them.
    pub(super) backend: Backend,
}

impl Windows {
    /// Those of a plan; `None` where every head sees everything.
    pub(super) fn new(
        spans: &[(&Edit, AttentionSpan)],
        model: &ModelFacts,
    ) -> Result<Option<Self>, ExportError> {
        let (Some(window), Some((first, _))) = (OneWindow::of_spans(spans, model, TARGET)?, spans.first())
        else {
            return Ok(None);
        };
        match WINDOWED.iter().find(|(name, _)| *name == model.family) {
            Some((_, backend)) => Ok(Some(Self { window, count: model.layers, backend: *backend })),
            None => {
                let reason = format!(
                    "windows layer by layer are known of {}, and this model is of {}; use `--to plan`",
                    windowed().join(", "),
                    model.family
                );
                Err(refuse(first, reason))
            }
        }
    }
}
