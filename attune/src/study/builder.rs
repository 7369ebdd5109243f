//! The builder of studies.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use attune_core::evaluator::Evaluator;
use attune_core::event::Event;
use attune_core::objective::{Direction, Objective};
use attune_core::options::{OptionValue, Settings};
use attune_core::profile::{DEFAULT_STRATEGY, Profile, Racing, ReportSpec, Selected};
use attune_core::store::Store;
use attune_core::technique::Technique;
use attune_search::strategy::{StrategyFactory, StrategySource};

use super::Study;
use super::events::Listeners;
use super::own_evaluator::{Described, missing};
use super::source::{OpenStore, ProfileSource, StoreSource, TechniqueChoice, TechniqueSource};
use crate::error::Error;
use crate::run_options::{ProfileOptions, RunOptions};
use crate::setup::{self, Complaints, Parts};

/// Trials of a study that says nothing about their number.
const TRIALS: u64 = 100;
/// Random configs that a result is compared with, likewise.
const RANDOM: u32 = 8;

/// Says what a study is made of; [`build`](Self::build) checks it.
///
/// There are two ways. A *profile* ([`profile_file`](Self::profile_file), [`profile_text`](Self::profile_text),
/// [`profile`](Self::profile)) describes everything, and what is said beside it stands in the place of its values. Or a
/// program brings an [`evaluator`](Self::evaluator) of its own and says with which technique it is searched; then the rest
/// has defaults.
#[derive(Default)]
#[must_use]
pub struct StudyBuilder {
    profile: Option<ProfileSource>,
    sets: Vec<(String, String)>,
    name: Option<String>,
    technique: Option<TechniqueSource>,
    technique_options: Settings,
    evaluator: Option<Arc<dyn Evaluator>>,
    evaluator_name: Option<String>,
    strategy: Option<StrategySource>,
    objectives: Vec<Objective>,
    trials: Option<u64>,
    items: Option<u32>,
    racing: Option<Racing>,
    report: Option<ReportSpec>,
    deadline: Option<Duration>,
    seed: Option<u64>,
    model: Option<PathBuf>,
    device: Option<String>,
    workers: Option<u16>,
    activation_memory: Option<u64>,
    store: StoreSource,
    listeners: Listeners,
    complaints: Option<Complaints>,
}

impl StudyBuilder {
    /// The profile of this file; paths in it are relative to its folder.
    pub fn profile_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.profile = Some(ProfileSource::File(file.into()));
        self
    }

    /// A profile as text; paths in it are relative to the folder `base`.
    pub fn profile_text(mut self, text: impl Into<String>, base: impl Into<PathBuf>) -> Self {
        self.profile = Some(ProfileSource::Text { text: text.into(), base: base.into() });
        self
    }

    /// A profile of typed values; paths in it are relative to the folder `base`.
    pub fn profile(mut self, profile: Profile, base: impl Into<PathBuf>) -> Self {
        self.profile = Some(ProfileSource::Typed { profile: Box::new(profile), base: base.into() });
        self
    }

    /// A value of the profile by its key, as `--set KEY=VALUE` has it; for profiles of files and texts.
    pub fn set(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.sets.push((key.into(), value.to_string()));
        self
    }

    /// The name of the study in its store: a second run under this name continues the first. Without it, the name of the
    /// profile.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A built-in technique by name, or a component by the path of its `.wasm` file.
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

    /// An evaluator of this build by name, in the place of the one that a profile names or that its model asks for.
    pub fn evaluator_named(mut self, name: impl Into<String>) -> Self {
        self.evaluator_name = Some(name.into());
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

    /// The model's folder, instead of the profile's.
    pub fn model(mut self, folder: impl Into<PathBuf>) -> Self {
        self.model = Some(folder.into());
        self
    }

    /// Where to evaluate, as `--device` has it; `auto` when nothing is said.
    pub fn device(mut self, device: impl Into<String>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// Evaluator calls at a time; the result does not depend on it.
    pub fn workers(mut self, workers: u16) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Bytes for activations of candidates; the result does not depend on it.
    pub fn activation_memory(mut self, bytes: u64) -> Self {
        self.activation_memory = Some(bytes);
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
        self.is_heard()?;
        let complaints = self.complaints.take().unwrap_or_else(setup::nowhere);
        let listeners = std::mem::take(&mut self.listeners);
        let store = std::mem::take(&mut self.store).open();
        let setup = match self.profile.take() {
            Some(source) => self.of_profile(source, &store, complaints)?,
            None => self.of_program(&store, complaints)?,
        };
        Ok(Study::new(setup, store, listeners))
    }

    fn of_profile(
        self,
        source: ProfileSource,
        store: &OpenStore,
        complaints: Complaints,
    ) -> Result<attune_search::session::SessionSetup, Error> {
        let (profile, file) = self.read(source)?;
        let name = self.name.clone().unwrap_or_else(|| profile.name.clone());
        attune_store::check_name(&name)?;
        if let Some(evaluator) = self.evaluator {
            if profile.start.is_some() {
                return Err(missing(
                    "a study of one's own evaluator starts from no other study, and the profile has `start`",
                    "leave it out",
                ));
            }
            let technique = self.technique.unwrap_or(TechniqueSource::Named(profile.technique.name));
            let described = Described {
                name,
                technique: TechniqueChoice { source: technique, options: profile.technique.options },
                base: file.parent().map(PathBuf::from).unwrap_or_default(),
                strategy: self.strategy.unwrap_or_else(|| profile.strategy.into()),
                objectives: profile.objectives,
                trials: profile.trials,
                items: Some(profile.items),
                racing: profile.racing,
                report: profile.report,
                deadline: Some(Duration::from_secs(profile.deadline_seconds)),
                seed: profile.seed,
                workers: self.workers,
            };
            return described.setup(evaluator, Arc::clone(&store.store), complaints);
        }
        let args = RunOptions {
            study: self.name,
            workers: self.workers,
            activation_memory: self.activation_memory,
            ..RunOptions::new(file, self.device.as_deref().unwrap_or("auto"))
        };
        let technique = match self.technique {
            Some(TechniqueSource::Own(own)) => Some(own),
            _ => None,
        };
        let parts = Parts { technique, strategy: self.strategy };
        setup::study_of_parts(&args, &profile, parts, Arc::clone(&store.store), complaints)
    }

    /// The profile with what is said beside it, and the file that its paths are relative to.
    fn read(&self, source: ProfileSource) -> Result<(Profile, PathBuf), Error> {
        let (mut profile, file) = match source {
            ProfileSource::File(file) => {
                let options = ProfileOptions { sets: self.sets.clone(), ..ProfileOptions::new(&file) };
                (setup::profile(&options)?, file)
            }
            ProfileSource::Text { text, base } => {
                let file = base.join("profile.ron");
                (Profile::parse("the profile", &text, &self.sets).map_err(Error::input)?, file)
            }
            ProfileSource::Typed { profile, base } => {
                let file = base.join(format!("{}.ron", profile.name));
                (*profile, file)
            }
        };
        if let Some(technique) = &self.technique {
            let choice = match technique {
                TechniqueSource::Named(name) => name.clone(),
                TechniqueSource::Own(own) => own.info().name.clone(),
            };
            profile.technique = Selected { name: choice, options: self.technique_options.clone() };
        }
        if let Some(name) = &self.evaluator_name {
            profile.evaluator = Some(Selected { name: name.clone(), options: Settings::new() });
        }
        if let Some(strategy) = &self.strategy {
            profile.strategy = strategy.selected();
        }
        if !self.objectives.is_empty() {
            profile.objectives.clone_from(&self.objectives);
        }
        if let Some(model) = &self.model {
            profile.model = setup::model_text(model)?;
        }
        profile.trials = self.trials.unwrap_or(profile.trials);
        profile.items = self.items.unwrap_or(profile.items);
        profile.racing = self.racing.or(profile.racing);
        profile.report = self.report.unwrap_or(profile.report);
        profile.seed = self.seed.unwrap_or(profile.seed);
        if let Some(deadline) = self.deadline {
            profile.deadline_seconds = deadline.as_secs_f64().ceil() as u64;
        }
        profile.checked("the study").map_err(Error::input)?;
        Ok((profile, file))
    }

    /// Refuses what is said and has no effect beside the rest.
    fn is_heard(&self) -> Result<(), Error> {
        let text = matches!(self.profile, Some(ProfileSource::File(_) | ProfileSource::Text { .. }));
        if !text && !self.sets.is_empty() {
            return Err(missing(
                "`set(…)` changes the profile of a file or of a text, and there is none",
                "change the typed values, or say it by its own method",
            ));
        }
        if !self.technique_options.is_empty() && self.technique.is_none() {
            return Err(missing(
                "`technique_option(…)` is an option of a technique that is named here, and none is",
                "say `technique(…)`, or `set(\"technique.options.NAME\", …)` for that of a profile",
            ));
        }
        let opened = self.model.is_some()
            || self.device.is_some()
            || self.activation_memory.is_some()
            || self.evaluator_name.is_some();
        if self.evaluator.is_some() && opened {
            return Err(missing(
                "an evaluator of one's own has its model and its device",
                "leave out `model`, `device`, `activation_memory` and `evaluator_named`",
            ));
        }
        Ok(())
    }

    fn of_program(
        self,
        store: &OpenStore,
        complaints: Complaints,
    ) -> Result<attune_search::session::SessionSetup, Error> {
        let evaluator = self.evaluator.ok_or_else(|| {
            missing("a study needs a profile or an evaluator", "say `profile_file(…)` or `evaluator(…)`")
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
