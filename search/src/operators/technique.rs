//! The technique's own operators.

use std::sync::Arc;

use attune_core::allowance::{Allowance, Used};
use attune_core::facts::Facts;
use attune_core::options::Settings;
use attune_core::rng::Rng;
use attune_core::space::{Config, RepairWork, Space};
use attune_core::technique::{Operator, Technique};
use rand::Rng as _;

use super::{Child, Choosing, Variation, VariationError};

/// Calls [`Technique::vary_by`], or [`Technique::vary`] of a technique whose operator has no name, with a seed of its own and
/// brings the child back into the feasible set, until its calls have used up [`Allowance::OPERATOR`].
pub struct TechniqueOperators {
    technique: Arc<dyn Technique>,
    model: Facts,
    options: Settings,
    space: Arc<Space>,
    /// What others have used.
    before: Used,
}

impl TechniqueOperators {
    /// The operators of `technique` with these options on this model; `space` is the one that the
    /// technique described for them.
    pub fn new(technique: Arc<dyn Technique>, model: Facts, options: Settings, space: Arc<Space>) -> Self {
        let before = used(&*technique);
        Self { technique, model, options, space, before }
    }

    fn child(
        &self,
        operator: Option<&Operator>,
        parents: &[&Config],
        random: &mut Rng,
    ) -> Result<Config, VariationError> {
        let (technique, model, options) = (&*self.technique, &self.model, &self.options);
        let Some(Operator { name, parents: most, .. }) = operator else {
            return Ok(technique.vary(model, options, parents, random.next_u64())?);
        };
        let parents = &parents[..parents.len().min(*most)];
        Ok(technique.vary_by(model, options, name, parents, random.next_u64())?)
    }
}

/// Named operators are counted with the one that has no name.
fn used(technique: &dyn Technique) -> Used {
    technique.usage().get("vary").copied().unwrap_or_default()
}

impl Variation for TechniqueOperators {
    fn named(&self) -> &[Operator] {
        &self.technique.info().operators
    }

    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Config, VariationError> {
        let operator = Choosing::evenly(self.named()).draw(parents.len(), random);
        Ok(self.vary_by(operator, parents, random, spent)?.config)
    }

    fn vary_by(
        &self,
        operator: Option<usize>,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Child, VariationError> {
        let used = used(&*self.technique).since(self.before);
        if Allowance::OPERATOR.is_spent(used) {
            return Err(VariationError::UsedUp {
                technique: self.technique.info().name.clone(),
                calls: used.calls,
                each: used.each(),
            });
        }
        let named = operator.and_then(|place| self.named().get(place));
        let child = self.space.canonical(self.child(named, parents, random)?);
        // Repair expects values of the right shape; only constraints are its business.
        self.space.check_domains(&child).map_err(|violation| VariationError::NotAPoint {
            technique: self.technique.info().name.clone(),
            violation,
        })?;
        let config = self.space.repair_counted(child, &[], random, spent)?;
        Ok(Child { config, operator: operator.filter(|_| named.is_some()) })
    }
}
