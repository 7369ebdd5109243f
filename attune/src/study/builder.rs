//! The builder of studies.

#[cfg(feature = "native")]
mod by_profile;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use attune_core::evaluator::Evaluator;
use attune_core::event::Event;
use attune_core::objective::{Direction, Objective};
use attune_core::options::{OptionValue, Settings};
use attune_core::profile::{DEFAULT_STRATEGY, Racing, ReportSpec, Selected};
use attune_core::store::Store;
use attune_core::technique::Technique;
use attune_search::session::SessionSetup;
use attune_search::strategy::{StrategyFactory, StrategySource};

use super::Study;
use super::events::Listeners;
use super::own_evaluator::{Described, missing};
use super::source::{OpenStore, StoreSource, TechniqueChoice, TechniqueSource};
use crate::error::Error;
use crate::setup::{self, Complaints};
#[cfg(feature = "native")]
use by_profile::ByProfile;

/// Trials of a study that says nothing about their number.
const TRIALS: u64 = 100;
/// Random configs that a result is compared with, likewise.
const RANDOM: u32 = 8;

/// Says what a study is made of; [`build`](Self::build) checks it.
///
/// There are two ways. A *profile* (`profile_file`, `profile_text`, `profile`, or `continuation` for that of a stored study;
/// feature `native`) describes everything, and what is said beside it stands in the place of its values. Or a program brings
/// an [`evaluator`](Self::evaluator) of its own and says with which technique it is searched; then the rest has defaults.
#[derive(Default)]
#[must_use]
pub struct StudyBuilder {
    /// What is said of a profile.
    #[cfg(feature = "native")]
    by_profile: ByProfile,
    name: Option<String>,
    technique: Option<TechniqueSource>,
    technique_options: Settings,
    evaluator: Option<Arc<dyn Evaluator>>,
    strategy: Option<StrategySource>,
    objectives: Vec<Objective>,
    trials: Option<u64>,
    items: Option<u32>,
    racing: Option<Racing>,
    report: Option<ReportSpec>,
    deadline: Option<Duration>,
    seed: Option<u64>,
    workers: Option<u16>,
    store: StoreSource,
    listeners: Listeners,
    complaints: Option<Complaints>,
}

impl StudyBuilder {
    /// The name of the study in its store: a second run under this name continues the first. Without it, the name of the
    /// profile.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A built-in technique by name, or a component by the path of its `.wasm` file.
    #[cfg(feature = "techniques")]
    pub fn technique(mut self, name: impl Into<String>) -> Self {
        self.technique = Some(TechniqueSource::Named(name.into()));
        self
    }

    /// A technique of one's own, without a sandbox.
    pub fn own_technique(mut self, technique: impl Technique + 'static) -> Self {
        self.technique = Some(TechniqueSource::Own(Arc::new(technique)));
        self
    }

    /// An option of the technique that was named here.
    pub fn technique_option(mut self, name: impl Into<String>, value: OptionValue) -> Self {
        self.technique_options.insert(name.into(), value);
        self
    }

    /// An evaluator of one's own, with its subject and its task: in the place of the model and the task of a profile, or
    /// without one.
    pub fn evaluator(mut self, evaluator: impl Evaluator + 'static) -> Self {
        self.evaluator = Some(Arc::new(evaluator));
        self
    }

    /// The strategy: a name, typed options such as [`Evolution`](crate::strategy::Evolution), or
    /// [one of one's own](crate::strategy::own).
    pub fn strategy(mut self, strategy: impl Into<StrategySource>) -> Self {
        self.strategy = Some(strategy.into());
        self
    }

    /// A strategy of one's own that has options or plans with a sensitivity table.
    pub fn own_strategy(mut self, factory: impl StrategyFactory + 'static) -> Self {
        self.strategy = Some(StrategySource::Own(Arc::new(factory)));
        self
    }

    /// What is minimised: a metric of the task or a cost of the technique; several are searched in the order in which they
    /// are named, in the place of those of a profile. Without any, the profile's, or the first metric of the task.
    pub fn minimise(mut self, metric: impl Into<String>) -> Self {
        self.objectives.push(Objective { metric: metric.into(), direction: Direction::Minimise });
        self
    }

    /// What is maximised, likewise.
    pub fn maximise(mut self, metric: impl Into<String>) -> Self {
        self.objectives.push(Objective { metric: metric.into(), direction: Direction::Maximise });
        self
    }

    /// Number of trials; more than before extends a finished study.
    pub fn trials(mut self, trials: u64) -> Self {
        self.trials = Some(trials);
        self
    }

    /// Items of the selection split that score a trial.
    pub fn items(mut self, items: u32) -> Self {
        self.items = Some(items);
        self
    }

    /// Leaves trials early that cannot matter any more.
    pub fn racing(mut self, racing: Racing) -> Self {
        self.racing = Some(racing);
        self
    }

    /// How the result is reported.
    pub fn report(mut self, report: ReportSpec) -> Self {
        self.report = Some(report);
        self
    }

    /// Time that one trial may take; a study of a profile takes the next whole second.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Seed of everything random.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Evaluator calls at a time; the result does not depend on it.
    pub fn workers(mut self, workers: u16) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Keeps the study in the store of this folder, which need not exist: it can be continued then. Without a store it is
    /// gone with the program.
    pub fn store(mut self, folder: impl Into<PathBuf>) -> Self {
        self.store = StoreSource::Folder(folder.into());
        self
    }

    /// Keeps the study in a store of one's own, or in one that several studies share.
    pub fn own_store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = StoreSource::Own(store);
        self
    }

    /// Hears every event, on the thread that runs the study.
    pub fn on_event(mut self, listener: impl FnMut(&Event) + Send + 'static) -> Self {
        self.listeners.add(listener);
        self
    }

    /// Sends every event to a channel.
    pub fn events(mut self, events: Sender<Event>) -> Self {
        self.listeners.add_channel(events);
        self
    }

    /// Hears what techniques complain about, and that something takes long, each in one sentence.
    pub fn on_complaint(mut self, listener: impl Fn(String) + Send + Sync + 'static) -> Self {
        self.complaints = Some(Arc::new(listener));
        self
    }

    /// Checks everything that can be checked before anything is evaluated, and reads the model.
    ///
    /// # Errors
    /// What keeps the study from running, or what is missing from its description.
    pub fn build(mut self) -> Result<Study, Error> {
        if !self.technique_options.is_empty() && self.technique.is_none() {
            return Err(missing(
                "`technique_option(…)` is an option of a technique that is named here, and none is",
                "say `technique(…)`, or `set(\"technique.options.NAME\", …)` for that of a profile",
            ));
        }
        let complaints = self.complaints.take().unwrap_or_else(setup::nowhere);
        let listeners = std::mem::take(&mut self.listeners);
        let store = std::mem::take(&mut self.store).open();
        #[cfg(feature = "native")]
        let setup = self.of_profile_or_program(&store, complaints)?;
        #[cfg(not(feature = "native"))]
        let setup = self.of_program(&store, complaints)?;
        Ok(Study::new(setup, store, listeners))
    }

    /// The study of an evaluator that the program brings.
    fn of_program(self, store: &OpenStore, complaints: Complaints) -> Result<SessionSetup, Error> {
        let evaluator = self.evaluator.ok_or_else(|| {
            if cfg!(feature = "native") {
                missing("a study needs a profile or an evaluator", "say `profile_file(…)` or `evaluator(…)`")
            } else {
                missing("a study needs an evaluator", "say `evaluator(…)`")
            }
        })?;
        let technique = self.technique.ok_or_else(|| {
            missing(
                "a study of an evaluator needs a technique, which knows what is searched",
                "say `technique(…)` or `own_technique(…)`",
            )
        })?;
        let name = self.name.unwrap_or_else(|| evaluator.model().name.clone());
        attune_store::check_name(&name)?;
        let default = Selected { name: DEFAULT_STRATEGY.to_owned(), options: Settings::new() };
        let described = Described {
            name,
            technique: TechniqueChoice { source: technique, options: self.technique_options },
            base: PathBuf::new(),
            strategy: self.strategy.unwrap_or_else(|| default.into()),
            objectives: self.objectives,
            trials: self.trials.unwrap_or(TRIALS),
            items: self.items,
            racing: self.racing,
            report: self.report.unwrap_or(ReportSpec { items: 0, random: RANDOM }),
            deadline: self.deadline,
            seed: self.seed.unwrap_or(0),
            workers: self.workers,
        };
        described.setup(evaluator, Arc::clone(&store.store), complaints)
    }
}
