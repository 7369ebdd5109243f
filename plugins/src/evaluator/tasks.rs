//! Open tasks: made when one is needed, kept for the next call, thrown away with whatever a failed call left in them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use attune_core::evaluator::EvalFailure;
use attune_core::technique::FailureKind;
use wasmtime::component::ResourceAny;
use wasmtime::{Error, Store};

use super::instance::{Call, Instance, Stopped};
use super::loaded::Loaded;
use super::wire::{self, Guest};
use crate::limits::OPENING;
use crate::sandbox::Sandbox;

/// The open tasks of one opening.
pub(super) struct Tasks {
    pub(super) loaded: Arc<Loaded>,
    opening: wire::Opening,
    idle: Mutex<Vec<OpenTask>>,
}

/// A task that is open, in an instance of its own.
pub(super) struct OpenTask {
    instance: Instance,
    task: ResourceAny,
}

/// Why there is no open task.
pub(super) enum NotOpened {
    Stopped(Stopped),
    Refused(wire::OpenFailure),
}

impl Tasks {
    /// Opens the first task, which says whether there can be any.
    pub(super) fn open(loaded: &Arc<Loaded>, opening: wire::Opening) -> Result<Self, NotOpened> {
        let tasks = Self { loaded: Arc::clone(loaded), opening, idle: Mutex::default() };
        let first = tasks.another(&Call::default())?;
        tasks.keep(first);
        Ok(tasks)
    }

    /// Runs `run_it` on an open task. `left` says how much time there is for it, asked once the task is open.
    ///
    /// What earlier calls left in a task, as memory that it has taken, is none of the plan's doing, and would decide on one machine and
    /// not on another. So a failure that would be kept counts only from a task that nothing was asked before.
    pub(super) fn call<T>(
        &self,
        call: &Call,
        left: &dyn Fn() -> Option<Duration>,
        run_it: impl Fn(&Guest, &mut Store<Sandbox>, ResourceAny) -> Result<T, Error>,
    ) -> Result<T, Stopped> {
        let used = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(used) = used {
            match self.run(used, call, left, &run_it) {
                Err(Stopped::Failed(kind)) if kind.is_repeatable() => {}
                outcome => return outcome,
            }
        }
        let fresh = self.another(call).map_err(|problem| match problem {
            NotOpened::Stopped(stopped) => stopped,
            NotOpened::Refused(failure) => Stopped::Failed(FailureKind::BadOutput(format!(
                "what it opened before it refuses to open again: {}",
                failure.message
            ))),
        })?;
        self.run(fresh, call, left, &run_it)
    }

    /// The same on this task, which is kept where nothing failed.
    fn run<T>(
        &self,
        mut open: OpenTask,
        call: &Call,
        left: &dyn Fn() -> Option<Duration>,
        run_it: &impl Fn(&Guest, &mut Store<Sandbox>, ResourceAny) -> Result<T, Error>,
    ) -> Result<T, Stopped> {
        let call = Call { left: left(), ..call.clone() };
        if call.left == Some(Duration::ZERO) {
            self.keep(open);
            return Err(Stopped::Late);
        }
        let task = open.task;
        let outcome = open.instance.call(&call, |guest, store| run_it(guest, store, task));
        if outcome.is_ok() {
            self.keep(open);
        }
        outcome
    }

    /// How a failure of a call is told.
    pub(super) fn failure(&self, failure: FailureKind) -> EvalFailure {
        let evaluator = self.loaded.described.spec.name.clone();
        match failure.is_repeatable() {
            true => EvalFailure::Failed { evaluator, reason: failure.to_string() },
            false => EvalFailure::Internal(format!("`{evaluator}`: {failure}")),
        }
    }

    fn another(&self, call: &Call) -> Result<OpenTask, NotOpened> {
        let Loaded { simulator, limits, log, described, .. } = &*self.loaded;
        let failed = |kind| NotOpened::Stopped(Stopped::Failed(kind));
        let mut instance = Instance::new(simulator, limits, log, &described.spec.name).map_err(failed)?;
        let call = Call { items: OPENING, left: None, ..call.clone() };
        let opened = instance.call(&call, |guest, store| guest.task().call_open(store, &self.opening));
        match opened.map_err(NotOpened::Stopped)? {
            Ok(task) => Ok(OpenTask { instance, task }),
            Err(refused) => Err(NotOpened::Refused(refused)),
        }
    }

    fn keep(&self, open: OpenTask) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(open);
    }
}
