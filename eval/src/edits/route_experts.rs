//! Mapped routers.

use attune_families::schema::Scores;
use attune_vocabulary::edits::RouteExperts;

use super::LayerEdits;
use super::honour::{Apply, Context};
use super::matrix::ExpertMatrix;

impl Apply for RouteExperts {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let (experts, mixture) = (&context.experts, context.free_mixture()?);
        if context.is_corrected() {
            return Err("its router adds a number to the score of each expert, and what is added to a mapped score is not \
                        defined"
                .to_owned());
        }
        if let Scores::SparseMixer { .. } = mixture.scores {
            return Err("its router weighs each expert among those with a logit near its own, and a mapped score has no such \
                        neighbours"
                .to_owned());
        }
        experts.check_matrix(self.rows, &self.matrix, experts.merge, "merge-experts", mixture)
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        let experts = context.layer.mixture().map_or(0, |mixture| mixture.experts);
        layer.routing = ExpertMatrix::new(&self.matrix, experts);
        layer.routing.is_some()
    }
}
