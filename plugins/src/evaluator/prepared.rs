//! Opening a task of a component.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use attune_core::evaluator::{
    EvalFailure, Evaluator, EvaluatorInfo, OpenFailure, OpenFault, Opening, Outline, Prepared, Split,
    TaskData, TaskInfo, TaskSpec,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::plan::Plan;
use attune_core::printable::{MESSAGE, cut};

use super::convert::TaskWays;
use super::data::{Data, ELSEWHERE};
use super::instance::{Call, Stopped};
use super::loaded::Loaded;
use super::settings::{once, setting_in, settings_out};
use super::simulation::Simulation;
use super::tasks::{NotOpened, Tasks};
use super::wire;
use crate::convert::{BadOutput, at_most, name};

/// A component with a task that is open. There is nothing more to load.
pub(super) struct PreparedSimulation(Arc<Simulation>);

impl PreparedSimulation {
    pub(super) fn open(loaded: &Arc<Loaded>, opening: &Opening<'_>) -> Result<Self, OpenFailure> {
        let spec = &loaded.described.spec;
        let (task, ways) = task_of(loaded, opening.task)?;
        if !opening.model.as_os_str().is_empty() {
            let message = format!(
                "the evaluator `{}` simulates what its task describes and reads no model, and the profile names {}; leave \
                 `model` out",
                spec.name,
                opening.model.display()
            );
            return Err(OpenFailure::new(OpenFault::Model, message));
        }
        let data = Data::read(task, opening.task)?;
        let own = opening.options;
        let fingerprint = |of: &str| data.fingerprint(opening.task, own, of);
        let subject = ContentHash::of(format!("{} {}", loaded.hash, fingerprint("subject")).as_bytes());
        let task_options = known_options(task, opening.task);
        let call = wire::Opening {
            options: settings_out(own),
            task: task.name.clone(),
            task_options: settings_out(&task_options),
            splits: data.splits.clone(),
            extra: Vec::new(),
        };
        (opening.tell)(&format!("opening task `{}`", task.name));
        let tasks = Tasks::open(loaded, call).map_err(|problem| not_opened(loaded, &data, problem))?;
        let evaluator_fails = |message: String| {
            OpenFailure::new(OpenFault::Evaluator, format!("evaluator `{}`: {message}", spec.name))
        };
        let said = tasks
            .call(&Call::default(), &|| None, |guest, store, task| guest.task().call_subject(store, task));
        let said = said.map_err(|stopped| evaluator_fails(format!("`subject`: {}", words(stopped))))?;
        let CheckedSubject { facts, items } = subject_in(said, subject, &data)
            .map_err(|BadOutput(problem)| evaluator_fails(format!("`subject`: {problem}")))?;
        let fingerprints =
            items.keys().map(|split| (split.clone(), fingerprint(&split.to_string()))).collect();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("simulate-{number}"))
            .build()
            .map_err(|error| OpenFailure::new(OpenFault::Device, error))?;
        Ok(Self(Arc::new(Simulation {
            tasks,
            info: EvaluatorInfo {
                name: spec.name.clone(),
                device: format!("WebAssembly on {threads} threads"),
                numerics: format!("component {}", loaded.hash),
                // One call fills the machine.
                concurrency: 1,
                edits: spec.edits.clone(),
                signals: Vec::new(),
            },
            facts,
            task: TaskInfo { name: task.name.clone(), metrics: task.metrics.clone(), items, fingerprints },
            ways: ways.clone(),
            threads: pool,
        })))
    }
}

fn task_of<'a>(loaded: &'a Loaded, wanted: &TaskData) -> Result<(&'a TaskSpec, &'a TaskWays), OpenFailure> {
    let tasks = &loaded.described.spec.tasks;
    let mut found = tasks.iter().zip(&loaded.described.tasks);
    found.find(|(task, _)| task.name == wanted.kind).ok_or_else(|| {
        let known: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
        let message = format!(
            "the evaluator `{}` has no task `{}`; it has {}",
            loaded.described.spec.name,
            wanted.kind,
            known.join(", ")
        );
        OpenFailure::new(OpenFault::Task, message)
    })
}

/// The options that the component declares.
fn known_options(task: &TaskSpec, given: &TaskData) -> Settings {
    let known = given.options.iter().filter(|(name, _)| task.option(name).is_some());
    known.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn words(stopped: Stopped) -> String {
    match stopped {
        Stopped::Interrupted | Stopped::Late => "interrupted".to_owned(),
        Stopped::Failed(kind) => kind.to_string(),
    }
}

fn not_opened(loaded: &Loaded, data: &Data, problem: NotOpened) -> OpenFailure {
    let wire::OpenFailure { about, message } = match problem {
        NotOpened::Refused(failure) => failure,
        NotOpened::Stopped(stopped) => {
            let message = format!("evaluator `{}`: `open`: {}", loaded.described.spec.name, words(stopped));
            return OpenFailure::new(OpenFault::Evaluator, message);
        }
    };
    let message = cut(&message, MESSAGE).into_owned();
    let (about, message) = match about {
        wire::OpenFault::Option(name) => (OpenFault::Option(name), message),
        wire::OpenFault::TaskOption(name) => (OpenFault::TaskOption(name), message),
        wire::OpenFault::Split(name) => (OpenFault::Split(name), message),
        wire::OpenFault::File(name) => match &data.paths(&name)[..] {
            [path] => (OpenFault::File((*path).to_owned()), format!("{}: {message}", path.display())),
            [] => (OpenFault::Task, format!("{name}: {message}")),
            // Which of them is not said, so none is blamed.
            several => {
                let paths: Vec<String> = several.iter().map(|path| path.display().to_string()).collect();
                (OpenFault::Task, format!("{}: {message}", paths.join(" or ")))
            }
        },
        wire::OpenFault::Task => (OpenFault::Task, message),
        wire::OpenFault::Evaluator => (OpenFault::Evaluator, message),
        wire::OpenFault::Other(_) => (OpenFault::Task, message),
    };
    OpenFailure::new(about, message)
}

/// What a component says of its subject, once it is checked.
struct CheckedSubject {
    facts: Facts,
    items: BTreeMap<Split, u32>,
}

fn subject_in(
    said: wire::Subject,
    fingerprint: ContentHash,
    data: &Data,
) -> Result<CheckedSubject, BadOutput> {
    let wire::Subject { name: called, facts, items, extra: _ } = said;
    let called = name("the subject", called)?;
    at_most("facts", facts.len())?;
    once("fact", facts.iter().map(|(fact, _)| fact.as_str()))?;
    let facts = facts.into_iter().map(|(fact, value)| Ok((name("a fact", fact)?, setting_in(value))));
    let values = facts.collect::<Result<Settings, BadOutput>>()?;
    once("split", items.iter().map(|(split, _)| split.as_str()))?;
    let mut held = BTreeMap::new();
    for (split, count) in items {
        if data.splits.iter().all(|known| known.name != split) {
            return Err(BadOutput(format!("it has items of `{split}`, and there is no such data")));
        }
        held.insert(split_of(&split), count);
    }
    for split in data.splits.iter().map(|split| split_of(&split.name)) {
        if held.get(&split).copied().unwrap_or(0) == 0 {
            return Err(BadOutput(format!("the {split} data has no items")));
        }
    }
    Ok(CheckedSubject { facts: Facts { name: called, fingerprint, values }, items: held })
}

fn split_of(name: &str) -> Split {
    match name.strip_prefix(ELSEWHERE) {
        Some(domain) => Split::OutOfDomain(domain.to_owned()),
        None if name == "report" => Split::Report,
        None => Split::Selection,
    }
}

impl Outline for PreparedSimulation {
    fn facts(&self, fingerprint: ContentHash) -> Facts {
        self.0.facts(fingerprint)
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        Outline::check(&*self.0, plan)
    }
}

impl Prepared for PreparedSimulation {
    fn info(&self) -> &EvaluatorInfo {
        &self.0.info
    }

    fn task(&self) -> &TaskInfo {
        &self.0.task
    }

    fn outline(&self) -> &dyn Outline {
        self
    }

    fn load(self: Box<Self>, _: &dyn Fn(&dyn fmt::Display)) -> Result<Arc<dyn Evaluator>, OpenFailure> {
        Ok(self.0)
    }
}
