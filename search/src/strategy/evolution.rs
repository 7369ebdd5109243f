//! Steady-state evolution: every finished trial may become a parent, and only the best stay parents.
//!
//! EEP's prune phase (arXiv 2407.00945, §3.3) with a truncated population, generations that are evaluated
//! together, and EvoPress' budget-preserving mutation (arXiv 2410.14649, §3.3) where the technique
//! brings no operator of its own. Several objectives: selection looks at the first; the front over all of
//! them can still be read from the trials.

use std::sync::Arc;

use attune_core::evaluator::RunControl;
use attune_core::options::{OptionKind, OptionSpec, OptionValue};
use attune_core::printable::quoted;
use attune_core::rng::{self, Rng};
use attune_core::space::{Config, Dimension, Domain, RepairWork};
use attune_core::strategy::{Observation, Origin, Planned, Proposal, Rival, Strategy};
use attune_core::suggest::hint;
use attune_core::technique::Operator;
use rand::RngExt as _;

use super::fresh::Fresh;
use super::options::{self, Options, spec};
use super::population::{Individual, Population, Selection};
use super::profiling::Perturbed;
use super::screen::Screen;
use super::size::Size;
use super::{SearchContext, StrategyError, StrategyInfo, is_universal, usable};
use crate::operators::{Child, Choosing, DomainOperators, Variation};
use crate::surrogate::Features;

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        name: "evolution",
        summary: "Steady-state evolution that stays inside the space; ranks by the first objective.",
        options: option_specs(),
    }
}

/// The option that limits the technique's operators.
pub(super) const OPERATOR_NAMES: &str = "operator-names";
/// The word that asks for more of those whose children do better.
const ADAPTIVE: &str = "adaptive";

/// Trials before evolving where a profile says nothing.
pub(super) const INITIAL: i64 = 8;

/// The options of evolution, which other strategies extend.
pub(super) fn option_specs() -> Vec<OptionSpec> {
    let probability = OptionKind::Real { min: 0.0, max: 1.0 };
    vec![
        options::count(
            "initial",
            "Trials before evolving: starting points, then random ones.",
            INITIAL,
            1 << 20,
        ),
        options::growing(
            "generation",
            "Children that are proposed together afterwards; 0 for a number that grows with the trials so far.",
            1 << 16,
        ),
        options::growing(
            "population",
            "Parents that are kept, the best trials so far; 0 for a number that grows with the trials so far.",
            1 << 20,
        ),
        options::count("tournament", "Parents drawn for each one chosen.", 2, 1 << 10),
        options::count("redraws", "Children drawn for one that is new, before a random config.", 64, 1 << 30),
        options::count(
            "screen",
            "Children that a model of the trials so far looks at for each one that is proposed; 1 for no model.",
            64,
            1 << 16,
        ),
        spec("crossover", "Share of children with two parents.", probability, OptionValue::Real(0.3)),
        spec(
            "operators",
            "Who makes children: the technique, the domains of the space, the technique if it can, or those of its operators more often \
             whose children do better (adaptive).",
            OptionKind::OneOf(["auto", "technique", "domain", ADAPTIVE].map(str::to_owned).to_vec()),
            OptionValue::Text("auto".to_owned()),
        ),
        spec(
            OPERATOR_NAMES,
            "Which of the technique's operators make children, by name with spaces between; empty for all.",
            OptionKind::Text,
            OptionValue::Text(String::new()),
        ),
        options::baselines(
            "Start from the technique's baselines too, not only from its default and uniform configs.",
        ),
    ]
}

/// Children of a generation where no number is set: one at a time while every trial tells much, more of them when work that
/// they share counts for more.
const GENERATION: Size = Size::Growing { every: 64, least: 1, most: 8 };
/// Parents where no number is set.
const POPULATION: Size = Size::Growing { every: 64, least: 2, most: 16 };
/// The same over orders of which no surrogate says anything: there is much to gain by small steps from the best, and little from
/// others (`cargo bench -p attune-search --bench orders`).
const POPULATION_OF_ORDERS: Size = Size::Growing { every: 2_048, least: 1, most: 8 };

/// What makes one evolutionary strategy different from another.
pub(super) struct Scheme {
    /// Its name, which also labels its random numbers.
    pub(super) name: &'static str,
    pub(super) initial: usize,
    pub(super) generation: Size,
    pub(super) redraws: usize,
    /// Children that a surrogate chooses from; 1 for no surrogate.
    pub(super) screen: usize,
    pub(super) crossover: f64,
    pub(super) selection: Box<dyn Selection>,
    pub(super) operators: Arc<dyn Variation>,
    /// Which of them makes a child, where they have names.
    pub(super) choosing: Choosing,
}

impl Scheme {
    /// The scheme of the options of [`info`].
    pub(super) fn new(name: &'static str, context: &SearchContext, options: &Options<'_>) -> Self {
        Self {
            name,
            initial: options.count("initial"),
            generation: Size::of_option(options.count("generation"), GENERATION),
            redraws: options.count("redraws"),
            screen: options.count("screen"),
            crossover: options.real("crossover"),
            selection: Box::new(Population::new(
                Size::of_option(options.count("population"), population(context)),
                options.count("tournament"),
            )),
            operators: operators(context, options),
            choosing: choosing(context, options),
        }
    }
}

/// Parents of a space where no number is set.
fn population(context: &SearchContext) -> Size {
    let orders = |dimension: &Dimension| matches!(dimension.domain, Domain::Permutation { .. });
    let has_orders = context.space.dimensions().iter().any(orders);
    if has_orders && Features::new(&context.space).is_none() { POPULATION_OF_ORDERS } else { POPULATION }
}

/// Whether there are the operators that the options ask for; `own` are those of the technique that have names, if it has any
/// operator.
pub(super) fn check_operators(
    strategy: &'static str,
    own: Option<&[Operator]>,
    options: &Options<'_>,
) -> Result<(), StrategyError> {
    if !matches!(options.word("operators"), "domain" | "auto") && own.is_none() {
        return Err(StrategyError::NoOperators { strategy });
    }
    let known = || own.unwrap_or_default().iter().map(|operator| operator.name.as_str());
    match options.words(OPERATOR_NAMES).find(|name| known().all(|known| known != *name)) {
        None => Ok(()),
        Some(found) => Err(StrategyError::UnknownOperator {
            strategy,
            found: quoted(found).into_owned(),
            known: match known().collect::<Vec<_>>() {
                names if names.is_empty() => "no names: it brings no operators that have one".to_owned(),
                names => format!("some of {}", names.join(", ")),
            },
            hint: hint(found, known()),
        }),
    }
}

/// How the options choose among the operators that have names.
pub(super) fn choosing(context: &SearchContext, options: &Options<'_>) -> Choosing {
    let (word, names) = (options.word("operators"), options.words(OPERATOR_NAMES).collect::<Vec<_>>());
    let named = match &context.operators {
        Some(own) if word != "domain" => own.named(),
        _ => &[],
    };
    Choosing::new(named, |name| names.is_empty() || names.contains(&name), word == ADAPTIVE)
}

/// The operators that the option of that name asks for, as far as there are any.
pub(super) fn operators(context: &SearchContext, options: &Options<'_>) -> Arc<dyn Variation> {
    match (options.word("operators"), &context.operators) {
        ("domain", _) | (_, None) => Arc::new(DomainOperators::new(context.space.clone())),
        (_, Some(operators)) => operators.clone(),
    }
}

/// A config that is not told yet.
struct Asked {
    index: u64,
    config: Config,
    made: Option<Made>,
}

/// What a child is compared with, to the credit of its operator.
struct Made {
    operator: usize,
    /// Losses of the parents.
    parents: Vec<Vec<f64>>,
}

/// A config to propose.
struct Found {
    config: Config,
    origin: Origin,
    made: Option<Made>,
}

impl Found {
    fn of(config: Config, origin: Origin) -> Self {
        Self { config, origin, made: None }
    }

    fn varied(Child { config, operator }: Child, parents: &[&Individual], named: &[Operator]) -> Self {
        let name = operator.and_then(|place| named.get(place)).map(|operator| operator.name.clone());
        let losses = || parents.iter().map(|parent| parent.losses.clone()).collect();
        let made = operator.map(|operator| Made { operator, parents: losses() });
        let parents = parents.iter().map(|parent| parent.index).collect();
        Self { config, origin: Origin::Varied { parents, operator: name }, made }
    }
}

/// Evolution by a [`Scheme`].
pub(super) struct Evolution {
    seed: u64,
    scheme: Scheme,
    stop: RunControl,
    starts: Vec<(String, Config)>,
    fresh: Fresh,
    screen: Option<Screen>,
    /// Configs of the running generation that are not told yet, then those that are, waiting for its end.
    asked: Vec<Asked>,
    told: Vec<Individual>,
    /// Operators of those that are told, and whether the child did better than its parents.
    credits: Vec<(usize, bool)>,
    next: u64,
    /// The running generation: its number, its first proposal and the first of the next one.
    generation: (u64, u64, u64),
    planned: Option<Planned>,
    /// What follows the starts before the search evolves, where there is a table.
    perturbed: Option<Perturbed>,
}

impl Evolution {
    /// The scheme of a context: starts are those of the context, all of them with `baselines`.
    pub(super) fn new(context: SearchContext, mut scheme: Scheme, baselines: bool) -> Self {
        let mut starts = usable(&context.space, context.starts);
        starts.retain(|(name, _)| baselines || is_universal(name));
        scheme.initial = scheme.initial.max(starts.len()).max(1);
        let screen = Screen::new(&context.space, scheme.screen, context.table.as_ref());
        Self {
            screen,
            seed: context.seed,
            stop: context.stop,
            scheme,
            starts,
            fresh: Fresh::new(context.space),
            asked: Vec::new(),
            told: Vec::new(),
            credits: Vec::new(),
            next: 0,
            generation: (0, 0, 0),
            planned: None,
            perturbed: None,
        }
    }

    /// The same, which starts from a plan and similar ones.
    pub(super) fn with_plan(self, planned: Planned, perturbed: Perturbed) -> Self {
        Self { planned: Some(planned), perturbed: Some(perturbed), ..self }
    }

    /// The same, whose screen knows the losses of these points of the space before the first trial.
    pub(super) fn knowing(mut self, points: &[(Config, Vec<f64>)]) -> Self {
        let known = |(config, losses): &(Config, Vec<f64>)| Individual {
            index: 0,
            config: config.clone(),
            losses: losses.clone(),
            estimate: None,
        };
        if let Some(screen) = &mut self.screen {
            screen.learn(&points.iter().map(known).collect::<Vec<_>>(), None);
        }
        self
    }

    /// Begins the generation of the next proposal. Where generations begin follows from the options alone, so a study that
    /// stops inside a generation and is later extended is the study that never stopped.
    fn begin_generation(&mut self) {
        let start = self.next;
        let (number, size) = match start {
            0 => (0, self.scheme.initial),
            _ => (self.generation.0 + 1, self.scheme.generation.at(start)),
        };
        self.generation = (number, start, start + size as u64);
        if let Some(screen) = &mut self.screen {
            let no_better = self.scheme.selection.threatened().map(Individual::loss);
            screen.learn(&self.told, no_better);
        }
        self.scheme.selection.add(std::mem::take(&mut self.told));
        for (operator, better) in self.credits.drain(..) {
            self.scheme.choosing.hear(operator, better);
        }
    }

    fn propose(&mut self, generation: u64) -> Option<Proposal> {
        let index = self.next;
        let found = if let Some((name, config)) = self.starts.get(index as usize) {
            self.fresh.claim(config);
            Found::of(config.clone(), Origin::Start(name.clone()))
        } else {
            let mut random = rng::derive(self.seed, self.scheme.name, &[generation, index]);
            let child = if generation == 0 { self.similar(index) } else { self.child(&mut random) };
            match child {
                Some(child) => child,
                None => Found::of(self.fresh.random(&mut random)?, Origin::Random),
            }
        };
        let Found { config, origin, made } = found;
        self.next += 1;
        self.asked.push(Asked { index, config: config.clone(), made });
        Some(Proposal { index, config, origin })
    }

    /// A child that was not proposed before, if a bounded number of draws finds one.
    fn child(&mut self, random: &mut Rng) -> Option<Found> {
        if let Some(child) = self.screened(random) {
            return Some(child);
        }
        for _ in 0..self.scheme.redraws {
            if self.stop.is_asked() {
                return None;
            }
            let two = random.random_bool(self.scheme.crossover);
            let parents = self.scheme.selection.parents(two, random);
            if parents.is_empty() {
                return None;
            }
            let configs: Vec<&Config> = parents.iter().map(|parent| &parent.config).collect();
            let (operators, spent) = (&self.scheme.operators, &mut RepairWork::default());
            let operator = self.scheme.choosing.draw(configs.len(), random);
            // A variation that fails is a draw without a child; who built it reports the failure.
            let Ok(child) = operators.vary_by(operator, &configs, random, spent) else { continue };
            if self.fresh.claim(&child.config) {
                return Some(Found::varied(child, &parents, operators.named()));
            }
        }
        None
    }

    /// An optimum of a perturbed table, where there is a table.
    fn similar(&mut self, index: u64) -> Option<Found> {
        let config = self.perturbed.as_ref()?.draw(index, &self.fresh)?;
        self.fresh.claim(&config);
        Some(Found::of(config, Origin::Start(format!("profile-{index}"))))
    }

    /// The child of the parents that the screen likes most, if there is a screen and it has seen enough.
    fn screened(&mut self, random: &mut Rng) -> Option<Found> {
        let screen = self.screen.as_ref()?;
        let guess = screen.guess(random)?;
        let two = random.random_bool(self.scheme.crossover);
        let parents = self.scheme.selection.parents(two, random);
        let configs: Vec<&Config> = parents.iter().map(|parent| &parent.config).collect();
        let operators = &*self.scheme.operators;
        let operator = self.scheme.choosing.draw(configs.len(), random);
        let child = screen.climb(&guess, &configs, (operators, operator), &self.fresh, random)?;
        self.fresh.claim(&child.config);
        Some(Found::varied(child, &parents, operators.named()))
    }
}

impl Strategy for Evolution {
    fn name(&self) -> &'static str {
        self.scheme.name
    }

    fn ask(&mut self, limit: usize) -> Vec<Proposal> {
        if self.next == self.generation.2 {
            self.begin_generation();
        }
        let (generation, _, end) = self.generation;
        let count = (limit as u64).min(end - self.next);
        let stop = self.stop.clone();
        // After a stop nobody looks at what is proposed.
        (0..count).take_while(|_| !stop.is_asked()).map_while(|_| self.propose(generation)).collect()
    }

    /// Whoever does not beat the worst parent never has children.
    fn rival(&self) -> Option<Rival> {
        let (generation, ..) = self.generation;
        self.scheme.selection.threatened().map(|parent| Rival { index: parent.index, generation })
    }

    fn planned(&self) -> Option<&Planned> {
        self.planned.as_ref()
    }

    fn tell(&mut self, observations: &[Observation]) {
        for observation in observations {
            if let Some(place) = self.asked.iter().position(|asked| asked.index == observation.index) {
                let Asked { index, config, made } = self.asked.remove(place);
                let losses = observation.losses.clone().unwrap_or_default();
                if let Some(Made { operator, parents }) = made {
                    self.credits.push((operator, self.scheme.selection.improves(&losses, &parents)));
                }
                let estimate = observation.estimate;
                self.told.push(Individual { index, config, losses, estimate });
            }
        }
    }
}
