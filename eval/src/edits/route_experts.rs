//! Mapped routers.

use attune_families::schema::Scores;
use attune_vocabulary::edits::RouteExperts;

use super::LayerEdits;
use super::honour::{Apply, Context};
use super::matrix::ExpertMatrix;

impl Apply for RouteExperts {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let (experts, mixture) = (&context.experts, context.free_mixture()?);
        experts.check_matrix(self.rows, &self.matrix, experts.merge, "merge-experts", mixture)?;
        if context.is_corrected() && !self.matrix.chunks(mixture.experts).all(is_one_hot) {
            return Err("its router adds a number to the score of each expert, and what is added to a mixture of scores is \
                        not defined; give every row a single 1 (`routing: \"one-hot\"`)"
                .to_owned());
        }
        if let Scores::SparseMixer { .. } = mixture.scores {
            return Err("its router weighs each expert among those with a logit near its own, and a mapped score has no such \
                        neighbours"
                .to_owned());
        }
        Ok(())
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        let experts = context.layer.mixture().map_or(0, |mixture| mixture.experts);
        layer.routing = ExpertMatrix::new(&self.matrix, experts);
        layer.routing.is_some()
    }
}

/// Whether a row is the score of one expert.
fn is_one_hot(row: &[f64]) -> bool {
    row.iter().filter(|&&number| number == 1.0).count() == 1
        && row.iter().filter(|&&number| number == 0.0).count() == row.len() - 1
}
