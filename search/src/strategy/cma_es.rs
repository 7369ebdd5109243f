//! CMA-ES (Hansen 2016, "The CMA evolution strategy: a tutorial", arXiv 1604.00772) for reals, affine coefficients
//! and matrices.

mod coordinates;
mod distribution;

use attune_core::objective::compare;
use attune_core::options::{OptionKind, OptionValue};
use attune_core::rng;
use attune_core::space::{Config, Domain, Space};
use attune_core::strategy::{Observation, Origin, Proposal, Strategy};

use coordinates::Coordinates;
use distribution::Distribution;

use super::fresh::Fresh;
use super::options::{Options, spec};
use super::{SearchContext, StrategyError, StrategyInfo, is_universal, usable};

/// Draws of one sample until it is a config that was not proposed before.
const REDRAWS: u64 = 16;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        name: "cma-es",
        summary: "Covariance matrix adaptation for real, affine and matrix dimensions.",
        options: vec![
            spec(
                "population",
                "Samples of one generation; 0 takes 4 + 3 ln n for n coordinates.",
                OptionKind::Int { min: 0, max: 1 << 16 },
                OptionValue::Int(0),
            ),
            spec(
                "step",
                "First step size, as a share of ranges and spreads.",
                OptionKind::Real { min: 1e-9, max: 1e3 },
                OptionValue::Real(0.3),
            ),
        ],
    }
}

/// Whether every dimension has coordinates.
pub(super) fn check(space: &Space) -> Result<(), StrategyError> {
    for dimension in space.dimensions() {
        match dimension.domain {
            Domain::Real { .. } | Domain::Affine { .. } | Domain::Matrix { .. } => {}
            _ => {
                return Err(StrategyError::Unsupported {
                    strategy: "cma-es",
                    dimension: dimension.name.clone(),
                    expected: "reals, affine coefficients or matrices",
                });
            }
        }
    }
    Ok(())
}

pub(super) struct CmaEs {
    seed: u64,
    population: u64,
    coordinates: Coordinates,
    distribution: Distribution,
    start: Option<(String, Config)>,
    fresh: Fresh,
    /// Samples that are not told yet, then those that are, waiting for the end of their generation.
    asked: Vec<(u64, Vec<f64>)>,
    told: Vec<(f64, u64, Vec<f64>)>,
    next: u64,
}

impl CmaEs {
    /// A search of a space that [`check`] has accepted.
    pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Self {
        let coordinates = Coordinates::new(context.space.clone());
        let mut starts = usable(&context.space, context.starts);
        starts.retain(|(name, _)| is_universal(name));
        let start = starts.into_iter().next();
        let mean = match &start {
            Some((_, config)) => coordinates.of(config),
            None => coordinates.centre(),
        };
        let distribution = Distribution::new(mean, options.real("step"), options.count("population"));
        Self {
            seed: context.seed,
            population: distribution.population() as u64,
            coordinates,
            distribution,
            start,
            fresh: Fresh::new(context.space),
            asked: Vec::new(),
            told: Vec::new(),
            next: 0,
        }
    }

    fn propose(&mut self) -> Option<Proposal> {
        let index = self.next;
        let generation = index / self.population;
        let (config, origin, point) = match self.start.as_ref().filter(|_| index == 0) {
            Some((name, config)) => {
                self.fresh.claim(config);
                (config.clone(), Origin::Start(name.clone()), self.coordinates.of(config))
            }
            None => {
                let sampled = (0..REDRAWS).find_map(|draw| {
                    let mut random = rng::derive(self.seed, "cma-es", &[generation, index, draw]);
                    let point = self.distribution.sample(&mut random);
                    let config = self.coordinates.config(&point)?;
                    self.fresh.claim(&config).then_some((config, point))
                });
                let (config, point) = match sampled {
                    Some(sampled) => sampled,
                    None => {
                        let mut random = rng::derive(self.seed, "cma-es", &[generation, index, REDRAWS]);
                        let config = self.fresh.random(&mut random)?;
                        let point = self.coordinates.of(&config);
                        (config, point)
                    }
                };
                (config, Origin::Random, point)
            }
        };
        self.next += 1;
        self.asked.push((index, point));
        Some(Proposal { index, config, origin })
    }
}

impl Strategy for CmaEs {
    fn name(&self) -> &'static str {
        "cma-es"
    }

    fn ask(&mut self, limit: usize) -> Vec<Proposal> {
        let left = self.population - self.next % self.population;
        if left == self.population && !self.told.is_empty() {
            let mut told = std::mem::take(&mut self.told);
            told.sort_by(|a, b| compare(a.0, b.0).then(a.1.cmp(&b.1)));
            // A generation without a single loss says nothing about where to go.
            let scored = told.iter().filter(|(loss, ..)| !loss.is_nan()).count();
            if scored > 0 {
                let points: Vec<Vec<f64>> = told.into_iter().map(|(.., point)| point).collect();
                self.distribution.update(&points);
            }
        }
        (0..left.min(limit as u64)).map_while(|_| self.propose()).collect()
    }

    fn tell(&mut self, observations: &[Observation]) {
        for observation in observations {
            if let Some(place) = self.asked.iter().position(|(index, _)| *index == observation.index) {
                let (index, point) = self.asked.remove(place);
                self.told.push((observation.loss(), index, point));
            }
        }
    }
}
