//! Uniform crossover and uniform mutation, as in Optuna's NSGA-II sampler.

use std::sync::Arc;

use attune_core::rng::Rng;
use attune_core::space::{Config, RepairWork, Space};
use rand::RngExt as _;

use super::{Variation, VariationError};

/// Each cell from either parent, then each cell redrawn with probability one over their number.
pub struct Redraw(Arc<Space>);

impl Redraw {
    /// The operator on `space`.
    pub fn new(space: Arc<Space>) -> Self {
        Self(space)
    }
}

impl Variation for Redraw {
    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Config, VariationError> {
        let [first, rest @ ..] = parents else { return Err(VariationError::NoParents) };
        let mut child = (*first).clone();
        let rate = 1.0 / self.0.slots().count().max(1) as f64;
        for slot in self.0.slots() {
            if let Some(second) = rest.first().filter(|_| random.random_bool(0.5)) {
                child.set(slot, second.get(slot).clone());
            }
            if random.random_bool(rate) {
                child.set(slot, self.0.dimensions()[slot.dimension].domain.draw(random));
            }
        }
        let child = self.0.followed(first, child, random);
        Ok(self.0.repair_counted(child, &[], random, spent)?)
    }
}
