//! A whole scripted study, ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use attune_core::evaluator::{Evaluator as _, Fidelity};
use attune_core::event::{Command, Event};
use attune_core::hash::ContentHash;
use attune_core::objective::{Direction, Objective};
use attune_core::options::{OptionValue, Settings};
use attune_core::profile::{Racing, ReportSpec, Selected};
use attune_core::sensitivity::GivenTable;
use attune_core::space::SpaceError;
use attune_core::store::StudyHeader;
use attune_core::technique::Technique as _;
use crossbeam_channel::{Sender, unbounded};

use crate::session::{self, PlanBaseline, SessionEnd, SessionError, SessionSetup, Start};
use attune_testkit::scripted::{MemoryStore, ScriptedEvaluator, ScriptedTechnique};

/// The parts of a scripted study; change what a test is about, then [`Study::setup`].
pub(crate) struct Study {
    /// Its name in the store.
    pub(crate) name: &'static str,
    /// The technique.
    pub(crate) technique: Arc<ScriptedTechnique>,
    /// The evaluator.
    pub(crate) evaluator: Arc<ScriptedEvaluator>,
    /// The store.
    pub(crate) store: Arc<MemoryStore>,
    /// Strategy name and options.
    pub(crate) strategy: Selected,
    /// Objectives.
    pub(crate) objectives: Vec<&'static str>,
    /// Trials.
    pub(crate) trials: u64,
    /// Items that score a trial, at most 32.
    pub(crate) items: u32,
    /// What the search starts from.
    pub(crate) start: Option<Start>,
    /// Plans that the result is compared with.
    pub(crate) plan_baselines: Vec<PlanBaseline>,
    /// A table that was measured before.
    pub(crate) given: Option<Arc<GivenTable>>,
    /// Racing.
    pub(crate) racing: Option<Racing>,
    /// Seed.
    pub(crate) seed: u64,
    /// Workers.
    pub(crate) workers: usize,
}

impl Default for Study {
    /// 30 trials of `evolution` with small generations, one worker, minimising `damage`.
    fn default() -> Self {
        let options = [("initial", 6), ("generation", 5), ("population", 6)];
        let options = options.map(|(name, number)| (name.to_owned(), OptionValue::Int(number)));
        Self {
            name: "study",
            technique: Arc::default(),
            evaluator: Arc::default(),
            store: Arc::default(),
            strategy: Selected { name: "evolution".to_owned(), options: options.into() },
            objectives: vec!["damage"],
            trials: 30,
            items: 8,
            start: None,
            plan_baselines: Vec::new(),
            given: None,
            racing: None,
            seed: 1,
            workers: 1,
        }
    }
}

impl Study {
    /// What the session takes.
    ///
    /// # Errors
    /// Never; the type is that of [`ScriptedTechnique::space`].
    pub(crate) fn setup(&self) -> Result<SessionSetup, SpaceError> {
        let objective = |name: &&str| Objective {
            metric: (*name).to_owned(),
            direction: if *name == "likeness" { Direction::Maximise } else { Direction::Minimise },
        };
        Ok(SessionSetup {
            header: self.header()?,
            technique: self.technique.clone(),
            options: Settings::new(),
            space: Arc::new(ScriptedTechnique::space()?),
            evaluator: self.evaluator.clone(),
            store: self.store.clone(),
            strategy: self.strategy.clone().into(),
            objectives: self.objectives.iter().map(objective).collect(),
            trials: self.trials,
            fidelity: Fidelity { items: self.items },
            start: self.start.clone(),
            racing: self.racing,
            deadline: None,
            report: ReportSpec { items: 20, random: 5 },
            out_of_domain: vec!["other".to_owned()],
            workers: self.workers,
            plan_baselines: self.plan_baselines.clone(),
            given: self.given.clone(),
            whereabouts: None,
        })
    }

    fn header(&self) -> Result<StudyHeader, SpaceError> {
        let model = self.evaluator.model();
        Ok(StudyHeader {
            study: self.name.to_owned(),
            profile: format!("strategy: {:?}\nobjectives: {:?}", self.strategy, self.objectives),
            technique: self.technique.info().name.clone(),
            technique_fingerprint: self.technique.info().fingerprint,
            model: model.name.clone(),
            dimensions: ScriptedTechnique::space()?.dimensions().to_vec(),
            conditions: Vec::new(),
            model_fingerprint: model.fingerprint,
            model_path: "models/scripted".to_owned(),
            task_fingerprint: ContentHash::of(b"scripted task"),
            baselines: BTreeMap::new(),
            sensitivities: self.given.as_ref().map(|given| given.hash()),
            numerics: self.evaluator.info().numerics.clone(),
            device: self.evaluator.info().device.clone(),
            seed: self.seed,
        })
    }
}

/// Runs a session to its end and returns every event. `watch` sees each event as it comes and may send
/// commands.
pub(crate) fn run(
    setup: SessionSetup,
    mut watch: impl FnMut(&Event, &Sender<Command>),
) -> (Result<SessionEnd, SessionError>, Vec<Event>) {
    let (commands, receiver) = unbounded();
    let mut events = Vec::new();
    let end = session::run(
        setup,
        &mut |event| {
            watch(&event, &commands);
            events.push(event);
        },
        receiver,
    );
    (end, events)
}
