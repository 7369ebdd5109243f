//! Mapped routers.

use attune_vocabulary::edits::RouteExperts;

use super::LayerEdits;
use super::honour::{Apply, Context};
use super::matrix::ExpertMatrix;

impl Apply for RouteExperts {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let experts = &context.experts;
        experts.check_matrix(self.rows, &self.matrix, experts.merge, "merge-experts", context.mixture()?)
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        let experts = context.config.mixture.map_or(0, |mixture| mixture.experts);
        layer.routing = ExpertMatrix::new(&self.matrix, experts);
        layer.routing.is_some()
    }
}
