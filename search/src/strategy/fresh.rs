//! Configs that were not proposed before.

use std::collections::HashSet;
use std::sync::Arc;

use attune_core::hash::ContentHash;
use attune_core::rng::Rng;
use attune_core::space::{Config, Infeasible, Space};
use rand::RngExt as _;

/// Random draws before the space is listed, or given up where it cannot be.
const SAMPLES: usize = 512;
/// Spaces with at most this many points, feasible or not, are listed when draws find nothing new.
const LISTED: u64 = 1 << 17;
/// Numbers in all points of a list.
const LISTED_NUMBERS: u64 = 1 << 26;
/// Repairs in a row that end without a config because they took too long.
const GIVEN_UP: usize = 3;

/// Remembers what was proposed and finds what was not.
///
/// In a space of at most [`LISTED`] points, no point is missed and exhaustion is exact. In a larger one
/// whose feasible set is tiny, [`SAMPLES`] draws in a row that were all seen count as exhaustion.
pub(super) struct Fresh {
    space: Arc<Space>,
    seen: HashSet<ContentHash>,
    /// Points of a small space, listed when first needed; those seen are dropped now and then.
    unseen: Option<Vec<(ContentHash, Config)>>,
}

impl Fresh {
    pub(super) fn new(space: Arc<Space>) -> Self {
        Self { space, seen: HashSet::new(), unseen: None }
    }

    /// Marks `config` as proposed. Returns whether it was new.
    pub(super) fn claim(&mut self, config: &Config) -> bool {
        self.seen.insert(config.hash())
    }

    /// Whether `config` was never proposed.
    pub(super) fn is_new(&self, config: &Config) -> bool {
        !self.seen.contains(&config.hash())
    }

    /// A random config that was never proposed, marked as proposed; `None` when there are none left.
    pub(super) fn random(&mut self, random: &mut Rng) -> Option<Config> {
        let mut given_up = 0;
        for _ in 0..SAMPLES {
            match self.space.sample(random) {
                Ok(config) if self.claim(&config) => return Some(config),
                Ok(_) => given_up = 0,
                // A repair that is stuck once may succeed from another draw.
                Err(Infeasible::NotFound { .. }) => {}
                Err(Infeasible::GaveUp { .. }) if given_up + 1 < GIVEN_UP => given_up += 1,
                Err(_) => return None,
            }
        }
        let config = self.pick(random)?;
        self.claim(&config);
        Some(config)
    }

    fn pick(&mut self, random: &mut Rng) -> Option<Config> {
        if self.unseen.is_none() {
            let limit = LISTED.min(LISTED_NUMBERS / self.space.numbers().max(1));
            let all = self.space.enumerate(limit)?;
            self.unseen = Some(all.map(|config| (config.hash(), config)).collect());
        }
        let unseen = self.unseen.as_mut()?;
        unseen.retain(|(hash, _)| !self.seen.contains(hash));
        if unseen.is_empty() {
            return None;
        }
        Some(unseen[random.random_range(0..unseen.len())].1.clone())
    }
}
