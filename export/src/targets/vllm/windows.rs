//! Layers with a window: one width for the model, all heads of a layer alike.

use attune_core::exporter::ExportError;
use attune_core::plan::Edit;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::AttentionSpan;

use super::families::{Backend, WINDOWED, windowed};
use super::serving::refuse;

/// Which layers have the window.
#[derive(Debug)]
pub(super) struct Windows {
    /// Positions that a query sees, its own among them.
    pub(super) width: u32,
    /// The layers, ascending.
    pub(super) layers: Vec<u32>,
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
        // A share of 1 is the whole sequence, which an edit may say.
        let spans: Vec<&(&Edit, AttentionSpan)> =
            spans.iter().filter(|(_, span)| span.beta < 1.0 || span.alpha < 0.0).collect();
        let Some((first, _)) = spans.first() else { return Ok(None) };
        let Some((_, backend)) = WINDOWED.iter().find(|(name, _)| *name == model.family) else {
            let reason = format!(
                "windows layer by layer are known of {}, and this model is of {}; use `--to plan`",
                windowed().join(", "),
                model.family
            );
            return Err(refuse(first, reason));
        };
        let mut windows = Self { width: 0, layers: Vec::new(), count: model.layers, backend: *backend };
        for (edit, span) in &spans {
            windows.add(span, &spans, model).map_err(|reason| refuse(edit, reason))?;
        }
        windows.layers.dedup();
        Ok(Some(windows))
    }

    fn add(
        &mut self,
        span: &AttentionSpan,
        spans: &[&(&Edit, AttentionSpan)],
        model: &ModelFacts,
    ) -> Result<(), String> {
        if span.sink > 0 {
            return Err(format!(
                "the head keeps {} first positions beside its window, and vLLM has windows only; search with `sink: 0`",
                span.sink
            ));
        }
        if span.beta != 0.0 {
            return Err(format!(
                "the span grows by {} tokens per token, and vLLM's windows do not grow; search with `target: \"vllm\"`",
                span.beta
            ));
        }
        let width = span.alpha.floor().max(1.0) as u32;
        if self.width == 0 {
            self.width = width;
        }
        if width != self.width {
            return Err(format!(
                "this window has {width} positions and that of layer {} has {}, and vLLM has one width; search with `target: \"vllm\"`",
                self.layers.first().copied().unwrap_or_default(),
                self.width
            ));
        }
        let same = |head: u32| {
            let of = |other: &AttentionSpan| other.layer == span.layer && other.kv_head == head;
            spans.iter().any(|(_, other)| of(other) && other.alpha.floor().max(1.0) as u32 == width)
        };
        if let Some(head) = (0..model.kv_heads).find(|&head| !same(head)) {
            return Err(format!(
                "KV head {head} of the layer does not look back equally far, and vLLM has one window for all heads of a layer; search \
                 with `unit: \"layer\"`"
            ));
        }
        self.layers.push(span.layer);
        Ok(())
    }
}
