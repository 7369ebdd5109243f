//! Keeps a worker alive: started again when it dies, opened and loaded as before.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use attune_core::evaluator::RunControl;
use attune_core::hash::ContentHash;

use crate::command::WorkerCommand;
use crate::connection::{Answer, Asked, Connection, Next, Wait};
use crate::description::Description;
use crate::ending::Cause;
use crate::error::WorkerError;
use crate::identity::{self, Identity};
use crate::limits::Limits;
use crate::wire::{Call, Event, Hello, LoadResult, OpenCall, OpenResult, PROTOCOL};

/// How often whoever waits for a start looks whether it is called off.
const GLANCE: Duration = Duration::from_millis(20);

/// Hears how far opening and loading are, in words.
pub(crate) type Tell<'a> = &'a dyn Fn(&str);

/// A worker that has been opened, whichever process it is at the moment.
pub(crate) struct Supervisor {
    command: WorkerCommand,
    limits: Limits,
    opening: OpenCall,
    identity: Identity,
    /// The fingerprint of the subject, once it is loaded.
    loaded: OnceLock<ContentHash>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    now: Now,
    /// Starts without a score since.
    row: u32,
    /// Plans in a row on which it died twice.
    fatal: u32,
}

enum Now {
    Up(Arc<Connection>),
    /// Somebody starts it.
    Starting,
    Down {
        failures: u32,
        not_before: Instant,
    },
    /// It is another one now.
    Broken(WorkerError),
}

/// Starts a worker and asks who it is.
pub(crate) fn introduce(
    command: &WorkerCommand,
    limits: &Limits,
    stop: &RunControl,
) -> Result<(Connection, Description), WorkerError> {
    let connection = Connection::start(command, limits)?;
    let host = concat!("attune ", env!("CARGO_PKG_VERSION")).to_owned();
    let call = Call::Hello { protocol: PROTOCOL.to_owned(), host };
    let during = "say who it is";
    let wait = Wait { stop, most: Some(limits.hello), at_once: Some(Cause::NoHello(limits.hello)) };
    let (hello, _) = result(told::<Hello>(&connection, &call, &wait, &|_| ()), command, during)?;
    let description = Description::of(hello);
    let description =
        description.map_err(|why| WorkerError::Description { command: command.to_string(), why })?;
    connection.expect_heartbeats(description.idle.unwrap_or(limits.idle));
    Ok((connection, description))
}

/// Has a worker open something, for the first time or again.
fn open(
    connection: &Connection,
    command: &WorkerCommand,
    description: &Description,
    call: &OpenCall,
    stop: &RunControl,
    tell: Tell<'_>,
) -> Result<Identity, WorkerError> {
    let asked = told::<OpenResult>(connection, &Call::Open(Box::new(call.clone())), &unhurried(stop), tell);
    let (opened, _) = result(asked, command, "open the subject and the task")?;
    Identity::of(description, opened, &call.model)
        .map_err(|why| WorkerError::Description { command: command.to_string(), why })
}

/// Has a worker load its subject.
fn load(
    connection: &Connection,
    command: &WorkerCommand,
    stop: &RunControl,
    tell: Tell<'_>,
) -> Result<ContentHash, WorkerError> {
    let (loaded, _) = result(
        told::<LoadResult>(connection, &Call::Load {}, &unhurried(stop), tell),
        command,
        "load the subject",
    )?;
    identity::fingerprint(&loaded.fingerprint).map_err(|why| WorkerError::Description {
        command: command.to_string(),
        why: format!("the subject: {why}"),
    })
}

/// Asks something that may take long, and hands on how far it is.
fn told<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    call: &Call,
    wait: &Wait<'_>,
    tell: Tell<'_>,
) -> Asked<T> {
    connection.ask(call, wait, &mut |event| match event {
        Event::Progress { message, .. } => {
            if let Some(message) = message {
                tell(&message);
            }
            Ok(Next::On)
        }
        Event::Outcome(_) | Event::Outputs(_) | Event::Choice(_) => {
            Err("no plan is being evaluated".to_owned())
        }
    })
}

/// As long as it takes; whoever calls it off does not wait for it.
fn unhurried(stop: &RunControl) -> Wait<'_> {
    Wait { stop, most: None, at_once: Some(Cause::Closed) }
}

fn result<T>(
    asked: Asked<T>,
    command: &WorkerCommand,
    during: &'static str,
) -> Result<(T, String), WorkerError> {
    let command = command.to_string();
    match (asked.answer, asked.called_off) {
        (Answer::Result(result, said), _) => Ok((result, said)),
        (_, Some(crate::connection::CalledOff::Stopped)) => Err(WorkerError::Interrupted),
        (Answer::Failure(failure, _), _) => Err(WorkerError::Refused { command, during, failure }),
        (Answer::Gone(ending), _) => Err(WorkerError::Ended { command, during, ending: (*ending).clone() }),
    }
}

impl Supervisor {
    /// Opens something with a worker that has just been introduced.
    pub(crate) fn open(
        command: &WorkerCommand,
        limits: &Limits,
        opening: OpenCall,
        introduced: (Connection, Description),
        tell: Tell<'_>,
    ) -> Result<Self, WorkerError> {
        let (connection, description) = introduced;
        let identity = open(&connection, command, &description, &opening, &RunControl::default(), tell)?;
        Ok(Self {
            command: command.clone(),
            limits: limits.clone(),
            opening,
            identity,
            loaded: OnceLock::new(),
            state: Mutex::new(State { now: Now::Up(Arc::new(connection)), row: 0, fatal: 0 }),
            changed: Condvar::new(),
        })
    }

    /// Loads the subject.
    pub(crate) fn load(&self, tell: Tell<'_>) -> Result<ContentHash, WorkerError> {
        let stop = RunControl::default();
        let connection = self.connection(&stop)?;
        let fingerprint = load(&connection, &self.command, &stop, tell)?;
        Ok(*self.loaded.get_or_init(|| fingerprint))
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn command(&self) -> &WorkerCommand {
        &self.command
    }

    /// The worker, started again if it is no more.
    ///
    /// # Errors
    /// When it cannot be, or is another one.
    pub(crate) fn connection(&self, stop: &RunControl) -> Result<Arc<Connection>, WorkerError> {
        let mut state = self.state();
        loop {
            if stop.is_asked() {
                return Err(WorkerError::Interrupted);
            }
            let failures = match &state.now {
                Now::Up(connection) if !connection.is_over() => return Ok(Arc::clone(connection)),
                Now::Broken(error) => return Err(error.clone()),
                Now::Up(_) => {
                    state.row += 1;
                    let not_before = Instant::now() + self.limits.before_start(state.row);
                    state.now = Now::Down { failures: 0, not_before };
                    continue;
                }
                Now::Down { failures, not_before } if Instant::now() >= *not_before => *failures,
                Now::Down { .. } | Now::Starting => {
                    let waited = self.changed.wait_timeout(state, GLANCE);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                    continue;
                }
            };
            state.now = Now::Starting;
            drop(state);
            let started = self.start_again(stop);
            state = self.state();
            let failed = match started {
                Ok(connection) => {
                    state.now = Now::Up(Arc::new(connection));
                    None
                }
                Err(error @ WorkerError::Changed { .. }) => {
                    state.now = Now::Broken(error);
                    None
                }
                Err(error) => Some(error),
            };
            if let Some(error) = failed {
                let interrupted = error == WorkerError::Interrupted;
                let failures = if interrupted { failures } else { failures + 1 };
                state.row += u32::from(!interrupted);
                let given_up = failures >= self.limits.starts;
                let not_before = Instant::now() + self.limits.before_start(state.row);
                state.now = Now::Down { failures: if given_up { 0 } else { failures }, not_before };
                if given_up {
                    self.changed.notify_all();
                    return Err(WorkerError::GivenUp { starts: failures, last: Box::new(error) });
                }
            }
            self.changed.notify_all();
        }
    }

    /// It has scored something: whatever ended it before is over.
    pub(crate) fn scored(&self) {
        let mut state = self.state();
        (state.row, state.fatal) = (0, 0);
    }

    /// It has died twice on one plan. Whether that was one too many in a row.
    pub(crate) fn died_twice(&self) -> bool {
        let mut state = self.state();
        state.fatal += 1;
        state.fatal >= self.limits.fatal_plans
    }

    /// A process that is as the one before it.
    fn start_again(&self, stop: &RunControl) -> Result<Connection, WorkerError> {
        let (connection, description) = introduce(&self.command, &self.limits, stop)?;
        let now = open(&connection, &self.command, &description, &self.opening, stop, &|_| ())?;
        let changed = |(what, before, now)| {
            Err(WorkerError::Changed { command: self.command.to_string(), what, before, now })
        };
        if let Some(change) = self.identity.change(&now) {
            return changed(change);
        }
        if let Some(loaded) = self.loaded.get() {
            let now = load(&connection, &self.command, stop, &|_| ())?;
            if now != *loaded {
                return changed(("subject".to_owned(), loaded.short(), now.short()));
            }
        }
        Ok(connection)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
