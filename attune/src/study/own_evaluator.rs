//! A study on an evaluator that a program brings, whose model and data are open already.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attune_core::evaluator::{Evaluator, Fidelity, Split};
use attune_core::hash::ContentHash;
use attune_core::objective::Objective;
use attune_core::options;
use attune_core::profile::{Profile, Racing, ReportSpec, Selected};
use attune_core::store::{Store, StudyHeader};
use attune_search::session::SessionSetup;
use attune_search::strategy::StrategySource;

use super::source::TechniqueChoice;
use crate::error::{Cause, Error};
use crate::setup::{self, Complaints};

/// Everything that such a study is made of.
pub(super) struct Described {
    pub(super) name: String,
    pub(super) technique: TechniqueChoice,
    /// The folder in which a component is looked for.
    pub(super) base: PathBuf,
    pub(super) strategy: StrategySource,
    /// None: the first metric of the task.
    pub(super) objectives: Vec<Objective>,
    pub(super) trials: u64,
    /// `None` takes all.
    pub(super) items: Option<u32>,
    pub(super) racing: Option<Racing>,
    pub(super) report: ReportSpec,
    pub(super) deadline: Option<Duration>,
    pub(super) seed: u64,
    pub(super) workers: Option<u16>,
}

impl Described {
    /// What the session takes.
    pub(super) fn setup(
        self,
        evaluator: Arc<dyn Evaluator>,
        store: Arc<dyn Store>,
        complaints: Complaints,
    ) -> Result<SessionSetup, Error> {
        let technique = self.technique.open(&self.base, evaluator.info(), complaints)?;
        let owner = format!("technique `{}`", technique.info().name);
        let settings = options::resolve(&owner, &technique.info().options, &self.technique.options)
            .map_err(Error::input)?;
        let strategy = self.strategy.resolved().map_err(Error::input)?;
        let space = Arc::new(technique.space(evaluator.model(), &settings)?);
        let task = evaluator.task();
        let objectives = match task.metrics.first() {
            Some(metric) if self.objectives.is_empty() => {
                vec![Objective { metric: metric.name.clone(), direction: metric.direction }]
            }
            _ => self.objectives,
        };
        let items = self.items.or_else(|| task.items.get(&Split::Selection).copied()).unwrap_or(0);
        let identity = Profile {
            technique: Selected { name: self.technique.name().to_owned(), options: settings.clone() },
            strategy: strategy.selected(),
            objectives: objectives.clone(),
            items,
            racing: self.racing,
            report: self.report,
            seed: self.seed,
            ..Profile::default()
        };
        let header = StudyHeader {
            study: self.name,
            profile: identity.program_identity(),
            technique: technique.info().name.clone(),
            technique_fingerprint: technique.info().fingerprint,
            model: evaluator.model().name.clone(),
            dimensions: space.dimensions().to_vec(),
            conditions: space.conditions(),
            model_fingerprint: evaluator.model().fingerprint,
            // There is no folder: only the program knows where its subject is.
            model_path: String::new(),
            task_fingerprint: ContentHash::of_parts(
                task.fingerprints.values().map(|hash| hash.as_bytes().as_slice()),
            ),
            baselines: BTreeMap::new(),
            sensitivities: None,
            numerics: evaluator.info().numerics.clone(),
            device: evaluator.info().device.clone(),
            seed: self.seed,
        };
        setup::goes_on(&*store, &header)?;
        let workers = self.workers.map_or(evaluator.info().concurrency, usize::from);
        let setup = SessionSetup {
            header,
            whereabouts: None,
            technique,
            options: settings,
            space,
            evaluator,
            store,
            strategy,
            objectives,
            trials: self.trials,
            fidelity: Fidelity { items },
            start: None,
            racing: self.racing,
            deadline: self.deadline,
            report: self.report,
            out_of_domain: Vec::new(),
            plan_baselines: Vec::new(),
            given: None,
            workers,
        };
        setup.check()?;
        Ok(setup)
    }
}

/// What is missing from a study that is not described by a profile.
pub(super) fn missing(what: &'static str, remedy: &'static str) -> Error {
    Error::input(Cause::Incomplete { what, remedy })
}
