//! Functions: the search over a plain closure, without a model.

mod code;
mod evaluator;
mod technique;

use std::path::PathBuf;

use attune_core::event::Event;
use attune_core::profile::ReportSpec;
use attune_core::space::{Config, Space};
use attune_search::strategy::StrategySource;

use crate::error::Error;
use crate::point::Point;
use crate::study::{Study, StudyBuilder, StudyResult};

pub use evaluator::FunctionEvaluator;
pub use technique::FunctionTechnique;

/// The metric that a function yields.
pub const VALUE: &str = "value";
/// The name of a study that says none.
const NAME: &str = "function";

/// Minimises a function of the points of a space.
///
/// The function is called from several threads, once for each config; a value that is NaN or infinite fails its trial. Its
/// values are kept under the name of the study, so a store that is shared with another function needs a
/// [name](Minimise::name) of its own for each. The winner is evaluated once more at the end.
///
/// ```
/// use attune::core::space::{Dimension, Space};
///
/// let rate = Dimension::log_real("rate", 1e-4, 1.0).with_help("How far each step goes.");
/// let space = Space::of([rate, Dimension::int("n", 1, 9)])?;
/// let found = attune::minimise(space, |point| (point.real("rate").log10() + 2.0).powi(2) + point.int("n") as f64)
///     .trials(150)
///     .seed(1)
///     .run()?;
/// assert_eq!(found.point().int("n"), 1);
/// assert!((found.point().real("rate").log10() + 2.0).abs() < 0.5, "near 0.01");
/// # Ok::<(), attune::Error>(())
/// ```
pub fn minimise(space: Space, function: impl Fn(&Point<'_>) -> f64 + Send + Sync + 'static) -> Minimise {
    Minimise { space, function: Box::new(function), name: NAME.to_owned(), study: Study::builder() }
}

/// A function of the points of a space.
type Function = Box<dyn Fn(&Point<'_>) -> f64 + Send + Sync>;

/// A function that is to be minimised.
#[must_use]
pub struct Minimise {
    space: Space,
    function: Function,
    name: String,
    study: StudyBuilder,
}

impl Minimise {
    /// Number of configs that are tried; 100 when nothing is said.
    pub fn trials(mut self, trials: u64) -> Self {
        self.study = self.study.trials(trials);
        self
    }

    /// Seed of everything random; the same seed finds the same.
    pub fn seed(mut self, seed: u64) -> Self {
        self.study = self.study.seed(seed);
        self
    }

    /// The strategy, as in [`StudyBuilder::strategy`].
    pub fn strategy(mut self, strategy: impl Into<StrategySource>) -> Self {
        self.study = self.study.strategy(strategy);
        self
    }

    /// Keeps the trials in the store of this folder: a second run of the same function, under the same name, goes on where
    /// the first stopped.
    pub fn store(mut self, folder: impl Into<PathBuf>) -> Self {
        self.study = self.study.store(folder);
        self
    }

    /// The name of the study, and of the function: values of a function that has changed need another name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Calls at a time; as many as the machine has processors when nothing is said. The result does not depend on it.
    pub fn workers(mut self, workers: u16) -> Self {
        self.study = self.study.workers(workers);
        self
    }

    /// Hears every event, on the thread that runs the search.
    pub fn on_event(mut self, listener: impl FnMut(&Event) + Send + 'static) -> Self {
        self.study = self.study.on_event(listener);
        self
    }

    /// The study behind it, for whoever pauses it, or runs it elsewhere.
    ///
    /// # Errors
    /// When it cannot be searched.
    pub fn build(self) -> Result<Study, Error> {
        let Self { space, function, name, study } = self;
        study
            .own_technique(FunctionTechnique::new(space.clone()))
            .evaluator(FunctionEvaluator::new(&name, space, function))
            .name(name)
            .report(ReportSpec { items: 0, random: 0 })
            .build()
    }

    /// Searches.
    ///
    /// # Errors
    /// When the space is empty, the strategy cannot search it, every value is NaN, or the store refuses.
    pub fn run(self) -> Result<Minimum, Error> {
        let result = self.build()?.run()?.into_result()?;
        Ok(Minimum { value: result.best().search.get(VALUE).copied().unwrap_or(f64::NAN), result })
    }
}

/// The least value that was found, and where.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Minimum {
    /// The value.
    pub value: f64,
    /// The whole result.
    pub result: StudyResult,
}

impl Minimum {
    /// Where it is.
    pub fn config(&self) -> &Config {
        &self.result.best().config
    }

    /// Where it is, by the names of the dimensions.
    pub fn point(&self) -> Point<'_> {
        self.result.point(self.config())
    }
}
