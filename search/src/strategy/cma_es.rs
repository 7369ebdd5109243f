//! CMA-ES (Hansen 2016, "The CMA evolution strategy: a tutorial", arXiv 1604.00772) for reals, affine coefficients
//! and matrices, with active covariance and BIPOP restarts.

mod coordinates;
mod distribution;
mod parameters;
mod restarts;
mod termination;

use attune_core::objective::compare;
use attune_core::options::{OptionKind, OptionValue};
use attune_core::rng;
use attune_core::space::{Config, Constraint, Domain, Space};
use attune_core::strategy::{Observation, Origin, Proposal, Strategy};

use coordinates::Coordinates;
use distribution::Distribution;
use parameters::default_population;
use restarts::Restarts;
use termination::History;

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
                "Samples of one generation before restarts; 0 takes 4 + 3 ln n for n coordinates.",
                OptionKind::Int { min: 0, max: 1 << 16 },
                OptionValue::Int(0),
            ),
            spec(
                "step",
                "First step size, as a share of ranges and spreads.",
                OptionKind::Real { min: 1e-9, max: 1e3 },
                OptionValue::Real(0.3),
            ),
            spec(
                "active",
                "Bad samples make the distribution narrower where they lie, too.",
                OptionKind::Bool,
                OptionValue::Bool(true),
            ),
            spec(
                "restarts",
                "Begin anew where a run has converged, with larger and with smaller populations in turn (BIPOP).",
                OptionKind::Bool,
                OptionValue::Bool(true),
            ),
        ],
    }
}

/// Whether every dimension has coordinates, and every cell counts.
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
    match space.constraints().iter().find(|constraint| matches!(constraint, Constraint::Active { .. })) {
        None => Ok(()),
        Some(condition) => Err(StrategyError::UnsupportedConstraint {
            strategy: "cma-es",
            constraint: condition.in_words(space.dimensions()),
            instead: "`evolution` or `nsga2`",
        }),
    }
}

pub(super) struct CmaEs {
    seed: u64,
    coordinates: Coordinates,
    active: bool,
    restarts: Option<Restarts>,
    run: Run,
    start: Option<(String, Config)>,
    fresh: Fresh,
    /// Samples that are not told yet, then those that are, waiting for the end of their generation.
    asked: Vec<(u64, Vec<f64>)>,
    told: Vec<(f64, u64, Vec<f64>)>,
    /// Generations so far, the first proposal of the running one, and the next proposal.
    generation: u64,
    first: u64,
    next: u64,
}

/// What a restart begins anew.
struct Run {
    population: usize,
    distribution: Distribution,
    history: History,
    /// Whether samples were all proposed before, so that random configs took their place.
    is_used_up: bool,
}

impl Run {
    fn new(mean: Vec<f64>, step: f64, population: usize, active: bool) -> Self {
        let history = History::new(mean.len(), population, step);
        Self {
            population,
            distribution: Distribution::new(mean, step, population, active),
            history,
            is_used_up: false,
        }
    }
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
        let population = match options.count("population") {
            0 => default_population(mean.len()),
            population => population.max(2),
        };
        let (step, active) = (options.real("step"), options.bool("active"));
        Self {
            seed: context.seed,
            coordinates,
            active,
            restarts: options.bool("restarts").then(|| Restarts::new(population, step)),
            run: Run::new(mean, step, population, active),
            start,
            fresh: Fresh::new(context.space),
            asked: Vec::new(),
            told: Vec::new(),
            generation: 0,
            first: 0,
            next: 0,
        }
    }

    /// Learns from the generation that is told.
    fn learn(&mut self) {
        let mut told = std::mem::take(&mut self.told);
        told.sort_by(|a, b| compare(a.0, b.0).then(a.1.cmp(&b.1)));
        let losses: Vec<f64> =
            told.iter().map(|(loss, ..)| *loss).take_while(|loss| !loss.is_nan()).collect();
        // A generation without a single loss says nothing about where to go.
        if !losses.is_empty() {
            let points: Vec<Vec<f64>> = told.into_iter().map(|(.., point)| point).collect();
            self.run.distribution.update(&points);
            self.run.history.add(&losses);
        }
        self.generation += 1;
        self.first = self.next;
        self.restart();
    }

    /// Begins anew where the run is over.
    fn restart(&mut self) {
        let Some(restarts) = &mut self.restarts else { return };
        let is_spent = restarts.spend(self.run.population);
        if !is_spent && !self.run.is_used_up && !self.run.history.is_over(&self.run.distribution) {
            return;
        }
        let mut random = rng::derive(self.seed, "cma-es restart", &[self.generation]);
        let (population, step) = restarts.next(&mut random);
        let mean = self.coordinates.random(&mut random);
        self.run = Run::new(mean, step, population, self.active);
    }

    fn propose(&mut self) -> Option<Proposal> {
        let index = self.next;
        let generation = self.generation;
        let (config, origin, point) = match self.start.as_ref().filter(|_| index == 0) {
            Some((name, config)) => {
                self.fresh.claim(config);
                (config.clone(), Origin::Start(name.clone()), self.coordinates.of(config))
            }
            None => {
                let sampled = (0..REDRAWS).find_map(|draw| {
                    let mut random = rng::derive(self.seed, "cma-es", &[generation, index, draw]);
                    let point = self.run.distribution.sample(&mut random);
                    let config = self.coordinates.config(&point)?;
                    self.fresh.claim(&config).then_some((config, point))
                });
                let (config, point) = match sampled {
                    Some(sampled) => sampled,
                    None => {
                        self.run.is_used_up = true;
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
        if self.next == self.first + self.run.population as u64 {
            self.learn();
        }
        let left = self.first + self.run.population as u64 - self.next;
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
