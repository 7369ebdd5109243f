//! Weights in few bits.

use attune_vocabulary::edits::WeightBits;

use super::honour::{Apply, Context};
use super::{LayerEdits, Level};

impl Apply for WeightBits {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let bits = self;
        if let Some(expert) = bits.expert {
            let mixture = context.mixture()?;
            if !bits.module.is_feed_forward() {
                return Err(format!(
                    "{} is no module of an expert; those are gate, up and down",
                    bits.module.name()
                ));
            }
            if expert as usize >= mixture.experts {
                return Err(format!(
                    "there is no expert {expert}; the model has 0 to {}",
                    mixture.experts - 1
                ));
            }
        }
        context.module(bits.module)?;
        Level::of(bits, context.layer.inputs(bits.module)).map(|_| ())
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        layer.weights.add(&self, context.layer);
        self.bits < 16
    }
}
