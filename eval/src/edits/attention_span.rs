//! Spans of KV heads.

use attune_vocabulary::edits::AttentionSpan;

use super::LayerEdits;
use super::honour::{Apply, Context};

impl Apply for AttentionSpan {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        context.kv_head(self.kv_head)?;
        if !self.alpha.is_finite() || !self.beta.is_finite() {
            return Err("alpha and beta must be finite".to_owned());
        }
        Ok(())
    }

    fn apply(self, _context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        layer.spans.push(self);
        true
    }
}
