//! Random search: independent draws from the space. What every other strategy has to beat.

use attune_core::rng;
use attune_core::space::Config;
use attune_core::strategy::{Observation, Origin, Proposal, Strategy};

use super::fresh::Fresh;
use super::options::{self, Options};
use super::{SearchContext, StrategyInfo, is_universal, usable};

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        name: "random",
        summary: "Independent random draws from the space, never the same config twice.",
        options: vec![options::count("generation", "Proposals that are evaluated together.", 16, 1 << 16)],
    }
}

/// The default and the uniform configuration, then random draws. Proposals depend on their number only.
pub(super) struct Random {
    seed: u64,
    generation: usize,
    starts: Vec<(String, Config)>,
    fresh: Fresh,
    next: u64,
}

impl Random {
    pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Self {
        let mut starts = usable(&context.space, context.starts);
        starts.retain(|(name, _)| is_universal(name));
        Self {
            seed: context.seed,
            generation: options.count("generation"),
            starts,
            fresh: Fresh::new(context.space),
            next: 0,
        }
    }

    fn propose(&mut self) -> Option<Proposal> {
        let index = self.next;
        let (config, origin) = match self.starts.get(index as usize) {
            Some((name, config)) => {
                self.fresh.claim(config);
                (config.clone(), Origin::Start(name.clone()))
            }
            None => {
                let mut random = rng::derive(self.seed, "random", &[index]);
                (self.fresh.random(&mut random)?, Origin::Random)
            }
        };
        self.next += 1;
        Some(Proposal { index, config, origin })
    }
}

impl Strategy for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn ask(&mut self, limit: usize) -> Vec<Proposal> {
        (0..limit.min(self.generation)).map_while(|_| self.propose()).collect()
    }

    fn tell(&mut self, _observations: &[Observation]) {}
}
