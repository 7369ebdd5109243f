//! Skipped blocks and halves of blocks.

use attune_vocabulary::edits::{DropBlock, Half};

use super::LayerEdits;
use super::honour::{Apply, Context};

impl Apply for DropBlock {
    fn check(&self, _context: &Context<'_>) -> Result<(), String> {
        Ok(())
    }

    fn apply(self, _context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        layer.skipped.attention |= self.part != Some(Half::FeedForward);
        layer.skipped.feed_forward |= self.part != Some(Half::Attention);
        true
    }
}
