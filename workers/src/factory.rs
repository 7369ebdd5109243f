//! How the evaluator of another process is opened.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use attune_core::evaluator::{
    EvalFailure, Evaluator, EvaluatorFactory, EvaluatorInfo, EvaluatorSpec, OpenFailure, Opening, Outline,
    Prepared, RunControl, TaskData, TaskInfo,
};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::{OptionKind, OptionSpec, OptionValue, Settings};
use attune_core::plan::Plan;

use crate::asking::Asking;
use crate::command::WorkerCommand;
use crate::connection::Connection;
use crate::description::Description;
use crate::error::WorkerError;
use crate::evaluator::ProcessEvaluator;
use crate::limits::Limits;
use crate::supervisor::{Supervisor, introduce};
use crate::wire::{OpenCall, TaskCall, Value};

/// A worker that has said who it is.
pub struct WorkerFactory {
    /// What a profile calls it.
    name: String,
    command: WorkerCommand,
    limits: Limits,
    description: Description,
    /// The process that said so, until something is opened with it.
    waiting: Mutex<Option<Connection>>,
}

impl WorkerFactory {
    /// Starts `command` and asks who it is. The process waits for what it is asked to open; without that, it is closed with this.
    ///
    /// # Errors
    /// When it does not start, says nothing in time, or what it says makes no sense.
    pub fn start(command: WorkerCommand, limits: Limits) -> Result<Self, WorkerError> {
        Self::start_unless(command, limits, &RunControl::default())
    }

    /// The same, unless somebody asks meanwhile to stop: then the process is ended at once.
    ///
    /// # Errors
    /// As there; [`WorkerError::Interrupted`] when it is called off.
    pub fn start_unless(
        command: WorkerCommand,
        limits: Limits,
        stop: &RunControl,
    ) -> Result<Self, WorkerError> {
        let (connection, description) = introduce(&command, &limits, stop)?;
        let name = description.spec.name.clone();
        Ok(Self { name, command, limits, description, waiting: Mutex::new(Some(connection)) })
    }

    /// What a profile calls it, where that is not what it calls itself.
    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Ends the process that waits for something to open, if there still is one. Opening starts another.
    pub fn rest(&self) {
        drop(self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// What it says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Has it open and load a subject and a task: for programs that need nothing in between.
    ///
    /// # Errors
    /// When it refuses, dies or makes no sense.
    pub fn evaluator(&self, opening: &Opening<'_>) -> Result<ProcessEvaluator, WorkerError> {
        self.open(opening)?.loaded(&|message| (opening.tell)(&message))
    }

    fn open(&self, opening: &Opening<'_>) -> Result<PreparedWorker, WorkerError> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let introduced = match waiting.filter(|connection| !connection.is_over()) {
            Some(connection) => (connection, self.description.clone()),
            None => introduce(&self.command, &self.limits, &RunControl::default())?,
        };
        let call = self.call(opening);
        let tell = |message: &str| (opening.tell)(&message);
        let supervisor = Supervisor::open(&self.command, &self.limits, call, introduced, &tell)?;
        Ok(PreparedWorker(Arc::new(Asking::new(supervisor))))
    }

    fn call(&self, opening: &Opening<'_>) -> OpenCall {
        let TaskData { kind, options, base, selection, report, out_of_domain, selection_items, report_items } =
            opening.task;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let whole = |path: &Path| text(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
        let tasks = &self.description.spec.tasks;
        let task = tasks.iter().find(|task| task.name == *kind);
        let known: Vec<&OptionSpec> =
            task.into_iter().flat_map(|task| &task.options).map(|option| &option.spec).collect();
        let own: Vec<&OptionSpec> = self.description.spec.options.iter().collect();
        OpenCall {
            model: text(opening.model),
            device: opening.device.to_owned(),
            options: settings(opening.options, &own, base),
            task: TaskCall {
                kind: kind.clone(),
                options: settings(options, &known, base),
                base: whole(if base.as_os_str().is_empty() { Path::new(".") } else { base }),
                selection: whole(selection),
                report: whole(report),
                elsewhere: out_of_domain.iter().map(|(name, path)| (name.clone(), whole(path))).collect(),
                selection_items: *selection_items,
                report_items: *report_items,
            },
            memory: opening.activation_memory,
        }
    }
}

/// Options as they are written, folders absolute.
fn settings(
    settings: &Settings,
    specs: &[&OptionSpec],
    base: &Path,
) -> std::collections::BTreeMap<String, Value> {
    let written = settings.iter().map(|(name, value)| {
        let folder = specs.iter().any(|spec| spec.name == *name && spec.kind == OptionKind::Folder);
        let value = match value {
            OptionValue::Text(path) if folder => {
                let path = base.join(path);
                let path = std::path::absolute(&path).unwrap_or(path);
                Value::Text(path.to_string_lossy().into_owned())
            }
            other => other.into(),
        };
        (name.clone(), value)
    });
    written.collect()
}

impl EvaluatorFactory for WorkerFactory {
    fn name(&self) -> &str {
        &self.name
    }

    fn spec(&self) -> EvaluatorSpec {
        EvaluatorSpec { name: self.name.clone(), ..self.description.spec.clone() }
    }

    fn prepare(&self, opening: &Opening<'_>) -> Result<Box<dyn Prepared>, OpenFailure> {
        Ok(Box::new(self.open(opening)?))
    }
}

/// A worker that has opened a subject and a task, and has not loaded it.
struct PreparedWorker(Arc<Asking>);

impl PreparedWorker {
    fn loaded(self, tell: &dyn Fn(&str)) -> Result<ProcessEvaluator, WorkerError> {
        let fingerprint = self.0.supervisor.load(tell)?;
        Ok(ProcessEvaluator::new(self.0, fingerprint))
    }
}

impl Outline for PreparedWorker {
    fn facts(&self, fingerprint: ContentHash) -> Facts {
        self.0.supervisor.identity().facts(fingerprint)
    }

    fn check(&self, plan: &Plan) -> Result<(), EvalFailure> {
        self.0.check(plan).map(|_| ())
    }
}

impl Prepared for PreparedWorker {
    fn info(&self) -> &EvaluatorInfo {
        &self.0.supervisor.identity().info
    }

    fn task(&self) -> &TaskInfo {
        &self.0.supervisor.identity().task
    }

    fn outline(&self) -> &dyn Outline {
        self
    }

    fn load(self: Box<Self>, tell: &dyn Fn(&dyn fmt::Display)) -> Result<Arc<dyn Evaluator>, OpenFailure> {
        Ok(Arc::new(self.loaded(&|message| tell(&message))?))
    }
}
