//! Merged experts.

use attune_vocabulary::edits::MergeExperts;

use super::LayerEdits;
use super::honour::{Apply, Context};
use super::matrix::ExpertMatrix;

impl Apply for MergeExperts {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let experts = &context.experts;
        experts.check_matrix(self.rows, &self.matrix, experts.route, "route-experts", context.free_mixture()?)
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        let experts = context.layer.mixture().map_or(0, |mixture| mixture.experts);
        layer.merging = ExpertMatrix::new(&self.matrix, experts);
        layer.merging.is_some()
    }
}
