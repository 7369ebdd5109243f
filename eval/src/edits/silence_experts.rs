//! Experts that add nothing.

use attune_vocabulary::edits::SilenceExperts;

use super::LayerEdits;
use super::honour::{Apply, Context};

impl Apply for SilenceExperts {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let mixture = context.mixture()?;
        if let Some(expert) = self.experts.iter().find(|&&expert| expert as usize >= mixture.experts) {
            return Err(format!("there is no expert {expert}; the model has 0 to {}", mixture.experts - 1));
        }
        match self.experts.len() >= mixture.experts {
            true => Err("it leaves no expert of the layer; drop its feed-forward half instead".to_owned()),
            false => Ok(()),
        }
    }

    fn apply(self, _: &Context<'_>, layer: &mut LayerEdits) -> bool {
        layer.silenced = self.experts.iter().map(|&expert| expert as usize).collect();
        !layer.silenced.is_empty()
    }
}
