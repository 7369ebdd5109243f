//! Steady-state evolution: every finished trial may become a parent, and only the best stay parents.
//!
//! EEP's prune phase (arXiv 2407.00945, §3.3) with a truncated population, generations that are evaluated
//! together, and EvoPress' budget-preserving mutation (arXiv 2410.14649, §3.3) where the technique
//! brings no operator of its own. Several objectives: selection looks at the first; the front over all of
//! them can still be read from the trials.

use std::sync::Arc;

use attune_core::rng::{self, Rng};
use attune_core::setting::{OptionKind, Setting};
use attune_core::space::Config;
use attune_core::strategy::{Observation, Origin, Proposal, Rival, Strategy};
use rand::RngExt as _;

use super::fresh::Fresh;
use super::options::{self, Options, spec};
use super::population::{Individual, Population};
use super::{SearchContext, StrategyError, StrategyInfo, is_universal, usable};
use crate::variation::{DomainOperators, Variation};

pub(super) fn info() -> StrategyInfo {
    let probability = OptionKind::Real { min: 0.0, max: 1.0 };
    let operators = ["auto", "technique", "domain"].map(str::to_owned).to_vec();
    StrategyInfo {
        name: "evolution",
        summary: "Steady-state evolution that stays inside the space; ranks by the first objective.",
        options: vec![
            options::count(
                "initial",
                "Trials before evolving: starting points, then random ones.",
                16,
                1 << 20,
            ),
            options::count("generation", "Children that are proposed together afterwards.", 8, 1 << 16),
            options::count("population", "Parents that are kept: the best trials so far.", 16, 1 << 20),
            options::count("tournament", "Parents drawn for each one chosen.", 2, 1 << 10),
            options::count(
                "redraws",
                "Children drawn for one that is new, before a random config.",
                64,
                1 << 30,
            ),
            spec("crossover", "Share of children with two parents.", probability, Setting::Real(0.3)),
            spec(
                "operators",
                "Who makes children: the technique, the domains of the space, or the technique if it can.",
                OptionKind::OneOf(operators),
                Setting::Text("auto".to_owned()),
            ),
            spec(
                "baselines",
                "Start from the technique's baselines too, not only from its default and uniform configs.",
                OptionKind::Bool,
                Setting::Bool(true),
            ),
        ],
    }
}

pub(super) struct Evolution {
    seed: u64,
    initial: u64,
    generation: u64,
    tournament: usize,
    redraws: usize,
    crossover: f64,
    operators: Arc<dyn Variation>,
    starts: Vec<(String, Config)>,
    fresh: Fresh,
    population: Population,
    /// Configs of the running generation that are not told yet, then those that are, waiting for its end.
    asked: Vec<(u64, Config)>,
    told: Vec<Individual>,
    next: u64,
}

impl Evolution {
    pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Result<Self, StrategyError> {
        let mut starts = usable(&context.space, context.starts);
        starts.retain(|(name, _)| is_universal(name) || options.bool("baselines"));
        let domain = || Arc::new(DomainOperators::new(context.space.clone())) as Arc<dyn Variation>;
        let operators = match (options.word("operators"), context.operators) {
            ("domain", _) | ("auto", None) => domain(),
            (_, Some(operators)) => operators,
            (_, None) => return Err(StrategyError::NoOperators),
        };
        Ok(Self {
            seed: context.seed,
            initial: options.count("initial").max(starts.len()) as u64,
            generation: options.count("generation") as u64,
            tournament: options.count("tournament"),
            redraws: options.count("redraws"),
            crossover: options.real("crossover"),
            operators,
            starts,
            fresh: Fresh::new(context.space),
            population: Population::new(options.count("population")),
            asked: Vec::new(),
            told: Vec::new(),
            next: 0,
        })
    }

    /// Number of the generation that proposal `index` belongs to, its first proposal, and the first of the
    /// next generation. Fixed by the index alone, so a study that stops inside a generation and is later
    /// extended is the study that never stopped.
    fn generation_of(&self, index: u64) -> (u64, u64, u64) {
        if index < self.initial {
            return (0, 0, self.initial);
        }
        let past = (index - self.initial) / self.generation;
        let start = self.initial + past * self.generation;
        (past + 1, start, start + self.generation)
    }

    fn propose(&mut self, generation: u64) -> Option<Proposal> {
        let index = self.next;
        let (config, origin) = if let Some((name, config)) = self.starts.get(index as usize) {
            self.fresh.claim(config);
            (config.clone(), Origin::Start(name.clone()))
        } else {
            let mut random = rng::derive(self.seed, "evolution", &[generation, index]);
            let child = if generation == 0 { None } else { self.child(&mut random) };
            match child {
                Some(child) => child,
                None => (self.fresh.random(&mut random)?, Origin::Random),
            }
        };
        self.next += 1;
        self.asked.push((index, config.clone()));
        Some(Proposal { index, config, origin })
    }

    /// A child that was not proposed before, if a bounded number of draws finds one.
    fn child(&mut self, random: &mut Rng) -> Option<(Config, Origin)> {
        for _ in 0..self.redraws {
            let two = random.random_bool(self.crossover);
            let parents = self.population.parents(self.tournament, two, random);
            if parents.is_empty() {
                return None;
            }
            let configs: Vec<&Config> = parents.iter().map(|parent| &parent.config).collect();
            // A variation that fails is a draw without a child; who built it reports the failure.
            let Ok(config) = self.operators.vary(&configs, random) else { continue };
            if self.fresh.claim(&config) {
                let parents = parents.iter().map(|parent| parent.index).collect();
                return Some((config, Origin::Varied { parents }));
            }
        }
        None
    }
}

impl Strategy for Evolution {
    fn name(&self) -> &'static str {
        "evolution"
    }

    fn ask(&mut self, limit: usize) -> Vec<Proposal> {
        let (generation, start, end) = self.generation_of(self.next);
        if self.next == start {
            self.population.add(self.told.drain(..));
        }
        let count = (limit as u64).min(end - self.next);
        (0..count).map_while(|_| self.propose(generation)).collect()
    }

    /// Whoever does not beat the worst parent never has children.
    fn rival(&self) -> Option<Rival> {
        let (generation, ..) = self.generation_of(self.next.saturating_sub(1));
        self.population.threatened().map(|index| Rival { index, generation })
    }

    fn tell(&mut self, observations: &[Observation]) {
        for observation in observations {
            if let Some(place) = self.asked.iter().position(|(index, _)| *index == observation.index) {
                let (index, config) = self.asked.remove(place);
                self.told.push(Individual { index, config, loss: observation.loss() });
            }
        }
    }
}
