//! The technique's own operator.

use std::sync::Arc;

use attune_core::allowance::{Allowance, Used};
use attune_core::facts::Facts;
use attune_core::options::Settings;
use attune_core::rng::Rng;
use attune_core::space::{Config, RepairWork, Space};
use attune_core::technique::Technique;
use rand::Rng as _;

use super::{Variation, VariationError};

/// Calls [`Technique::vary`] with a seed of its own and brings the child back into the feasible set, until its calls have
/// used up [`Allowance::OPERATOR`].
pub struct TechniqueOperators {
    technique: Arc<dyn Technique>,
    model: Facts,
    options: Settings,
    space: Arc<Space>,
    /// What others have used.
    before: Used,
}

impl TechniqueOperators {
    /// The operator of `technique` with these options on this model; `space` is the one that the
    /// technique described for them.
    pub fn new(technique: Arc<dyn Technique>, model: Facts, options: Settings, space: Arc<Space>) -> Self {
        let before = used(&*technique);
        Self { technique, model, options, space, before }
    }
}

fn used(technique: &dyn Technique) -> Used {
    technique.usage().get("vary").copied().unwrap_or_default()
}

impl Variation for TechniqueOperators {
    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Config, VariationError> {
        let used = used(&*self.technique).since(self.before);
        if Allowance::OPERATOR.is_spent(used) {
            return Err(VariationError::UsedUp {
                technique: self.technique.info().name.clone(),
                calls: used.calls,
                each: used.each(),
            });
        }
        let child = self.technique.vary(&self.model, &self.options, parents, random.next_u64())?;
        let child = self.space.canonical(child);
        // Repair expects values of the right shape; only constraints are its business.
        self.space.check_domains(&child).map_err(|violation| VariationError::NotAPoint {
            technique: self.technique.info().name.clone(),
            violation,
        })?;
        Ok(self.space.repair_counted(child, &[], random, spent)?)
    }
}
