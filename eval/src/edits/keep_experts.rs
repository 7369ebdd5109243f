//! Kept experts.

use attune_vocabulary::edits::KeepExperts;

use super::LayerEdits;
use super::honour::{Apply, Context};

impl Apply for KeepExperts {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let mixture = context.free_mixture()?;
        if let Some(expert) = self.experts.iter().find(|&&expert| expert as usize >= mixture.experts) {
            return Err(format!("there is no expert {expert}; the model has 0 to {}", mixture.experts - 1));
        }
        let per_token = context.experts.per_token(mixture);
        if self.experts.len() < per_token {
            return Err(format!(
                "it keeps {} experts, fewer than the {per_token} that each token is routed to",
                self.experts.len(),
            ));
        }
        Ok(())
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        let all = context.layer.mixture().is_some_and(|mixture| self.experts.len() == mixture.experts);
        layer.experts = (!all).then(|| self.experts.iter().map(|&expert| expert as usize).collect());
        !all
    }
}
