//! Weights in few bits.

use attune_vocabulary::edits::WeightBits;

use super::LayerEdits;
use super::honour::{Apply, Context};

impl Apply for WeightBits {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let bits = self;
        if !WeightBits::LEVELS.contains(&bits.bits) {
            return Err(format!(
                "weights in {} bits; expected 2, 3, 4, 5, 6 or 8, or 16 for exact",
                bits.bits
            ));
        }
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
        let inputs = context.layer.inputs(bits.module);
        let group = bits.group_size as usize;
        if group == 0 || !inputs.is_multiple_of(group) {
            return Err(format!("a group of {group} channels does not divide the {inputs} inputs"));
        }
        Ok(())
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        layer.weights.add(&self, context.layer);
        self.bits < 16
    }
}
