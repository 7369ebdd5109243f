//! The operators of the space's own domains.

use std::sync::Arc;

use attune_core::rng::Rng;
use attune_core::space::{Config, RepairWork, Space};

use super::{Variation, VariationError};

/// [`Space::crossover`] of the first two parents, if there are two, then [`Space::mutate`].
pub struct DomainOperators(Arc<Space>);

impl DomainOperators {
    /// The operators of `space`.
    pub fn new(space: Arc<Space>) -> Self {
        Self(space)
    }
}

impl Variation for DomainOperators {
    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Config, VariationError> {
        match parents {
            [] => Err(VariationError::NoParents),
            [parent] => Ok(self.0.mutate_counted(parent, random, spent)),
            [first, second, ..] => {
                let child = self.0.crossover_counted(first, second, random, spent);
                Ok(self.0.mutate_counted(&child, random, spent))
            }
        }
    }
}
