//! The technique's own operator.

use std::sync::Arc;

use attune_core::facts::ModelFacts;
use attune_core::rng::Rng;
use attune_core::setting::Settings;
use attune_core::space::{Config, Space};
use attune_core::technique::Technique;
use rand::Rng as _;

use super::{Variation, VariationError};

/// Calls [`Technique::vary`] with a seed of its own and brings the child back into the feasible set.
pub struct TechniqueOperators {
    technique: Arc<dyn Technique>,
    model: ModelFacts,
    options: Settings,
    space: Arc<Space>,
}

impl TechniqueOperators {
    /// The operator of `technique` with these options on this model; `space` is the one that the
    /// technique described for them.
    pub fn new(
        technique: Arc<dyn Technique>,
        model: ModelFacts,
        options: Settings,
        space: Arc<Space>,
    ) -> Self {
        Self { technique, model, options, space }
    }
}

impl Variation for TechniqueOperators {
    fn vary(&self, parents: &[&Config], random: &mut Rng) -> Result<Config, VariationError> {
        let child = self.technique.vary(&self.model, &self.options, parents, random.next_u64())?;
        let child = self.space.canonical(child);
        // Repair expects values of the right shape; only constraints are its business.
        self.space.check_domains(&child).map_err(|violation| VariationError::NotAPoint {
            technique: self.technique.info().name.clone(),
            violation,
        })?;
        Ok(self.space.repair(child, &[], random)?)
    }
}
