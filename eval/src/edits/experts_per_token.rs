//! Another number of experts per token.

use attune_families::schema::Scores;
use attune_vocabulary::edits::ExpertsPerToken;

use super::LayerEdits;
use super::honour::{Apply, Context};

impl Apply for ExpertsPerToken {
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        let (mixture, layer) = (context.mixture()?, &context.experts);
        let rows = layer.merge.or(layer.route).map(|rows| rows as usize);
        let experts = layer.kept.or(rows).unwrap_or(mixture.experts);
        if !(1..=experts).contains(&(self.count as usize)) {
            return Err(format!("the layer has {experts} experts; expected a count from 1 to {experts}"));
        }
        if let Scores::SparseMixer { .. } = mixture.scores
            && self.count != 2
        {
            return Err("its router chooses two experts, whatever config.json says".to_owned());
        }
        Ok(())
    }

    fn apply(self, context: &Context<'_>, layer: &mut LayerEdits) -> bool {
        let usual = context.layer.mixture().is_some_and(|mixture| mixture.per_token == self.count as usize);
        layer.per_token = (!usual).then_some(self.count as usize);
        !usual
    }
}
