//! A connection to one process of a worker: requests that are under way, and its end.
//!
//! One thread reads what it says ([`reader`]), one writes, one keeps the end of its standard error, and one watches ([`watch`]):
//! whether it lives, and whether those who wait are called off or held. So whoever waits may do so in peace.

mod exchange;
mod reader;
mod watch;

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use attune_core::evaluator::RunControl;

use crate::command::WorkerCommand;
use crate::ending::{Cause, Ending};
use crate::error::WorkerError;
use crate::limits::Limits;
use crate::process::{Pipes, Process};
use crate::tail::Tail;
use crate::wire::{Call, Event, Failure, HostLine, Note, Request};

pub(crate) use exchange::{Answer, Asked, CalledOff, Next, Wait};

/// How long the end of the standard error of a process that is gone is waited for: a process that left its group may hold it.
const STDERR: Duration = Duration::from_millis(300);

/// A worker that was started. Dropping it asks it to close, and ends it when it does not.
pub(crate) struct Connection {
    line: Arc<Line>,
    limits: Limits,
}

/// What the threads of a connection share.
pub(super) struct Line {
    process: Arc<Process>,
    state: Mutex<State>,
    ended: Condvar,
    tail: Tail,
    /// Lines that were heard.
    heard: AtomicU64,
}

struct State {
    next: u64,
    pending: HashMap<u64, Pending>,
    /// Requests that were called off and then answered: what is still said about them is no fault.
    called_off: HashSet<u64>,
    outgoing: Option<Sender<String>>,
    /// Silence that is allowed, once it has introduced itself.
    idle: Option<Duration>,
    paused: bool,
    /// Somebody is ending it.
    over: bool,
    ending: Option<Arc<Ending>>,
}

/// A request without an answer.
struct Pending {
    heard: Sender<Heard>,
    stop: RunControl,
    /// Since when it is called off.
    called_off: Option<Instant>,
}

/// What is heard about a request, with the line as it came, shortened.
enum Heard {
    Event(Event, String),
    Result(serde_json::Map<String, serde_json::Value>, String),
    Failure(Failure, String),
}

impl Connection {
    /// Starts a worker.
    pub(crate) fn start(command: &WorkerCommand, limits: &Limits) -> Result<Self, WorkerError> {
        let failed = |reason: std::io::Error| WorkerError::Start {
            command: command.to_string(),
            reason: match reason.kind() {
                std::io::ErrorKind::NotFound => format!(
                    "there is no program `{}`; name one of the path, or a path",
                    command.program.to_string_lossy()
                ),
                std::io::ErrorKind::PermissionDenied => format!(
                    "`{}` is not a program that may be run; make it executable, or name the program that runs it before it \
                     (`python3 my_eval.py`)",
                    command.program.to_string_lossy()
                ),
                _ => reason.to_string(),
            },
        };
        let (process, Pipes { mut stdin, stdout, stderr }) = Process::start(command).map_err(failed)?;
        let (outgoing, lines) = channel::<String>();
        let state = State {
            next: 1,
            pending: HashMap::new(),
            called_off: HashSet::new(),
            outgoing: Some(outgoing),
            idle: None,
            paused: false,
            over: false,
            ending: None,
        };
        let line = Arc::new(Line {
            process,
            state: Mutex::new(state),
            ended: Condvar::new(),
            tail: Tail::default(),
            heard: AtomicU64::new(0),
        });
        let spawn = |name: &str, body: Box<dyn FnOnce(&Line) + Send>| {
            let line = Arc::clone(&line);
            let thread = thread::Builder::new().name(format!("worker {name}"));
            thread.spawn(move || body(&line)).map(drop).map_err(failed)
        };
        spawn("stderr", Box::new(move |line| line.tail.read(stderr)))?;
        spawn("stdout", Box::new(move |line| reader::read(line, stdout)))?;
        let cancel = limits.cancel;
        spawn("watch", Box::new(move |line| watch::watch(line, cancel)))?;
        // A worker that reads nothing stops this thread only. It ends with the pipe, or when nobody can send any more.
        spawn(
            "stdin",
            Box::new(move |_| {
                for text in lines {
                    if stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).is_err() {
                        return;
                    }
                }
            }),
        )?;
        Ok(Self { line, limits: limits.clone() })
    }

    /// From now on a silence of so long means that it hangs.
    pub(crate) fn expect_heartbeats(&self, idle: Duration) {
        self.line.state().idle = Some(idle);
    }

    /// Whether it has ended, or is being ended.
    pub(crate) fn is_over(&self) -> bool {
        self.line.state().over
    }

    /// Ends it: it broke the protocol, or is of no use. Says how it ended.
    pub(crate) fn end(&self, cause: Cause) -> Arc<Ending> {
        self.line.end(cause)
    }
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the process, with everything that it started, and tells everybody who waits. The first cause counts.
    fn end(&self, cause: Cause) -> Arc<Ending> {
        let first = !std::mem::replace(&mut self.state().over, true);
        if first {
            let by_itself = self.process.end();
            let cause = match (cause, by_itself) {
                (Cause::ClosedOutput | Cause::Exited { .. }, Some(how)) => Cause::Exited { how },
                (cause, _) => cause,
            };
            let ending = Arc::new(Ending { cause, stderr: self.tail.lines(STDERR) });
            let mut state = self.state();
            state.ending = Some(ending);
            state.pending.clear();
            state.outgoing = None;
            self.ended.notify_all();
        }
        self.ending()
    }

    /// How it ended; waits for whoever is ending it.
    fn ending(&self) -> Arc<Ending> {
        let mut state = self.state();
        loop {
            match &state.ending {
                Some(ending) => return Arc::clone(ending),
                None => state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Sends a request. When the process is gone, nothing will be heard.
    fn request(&self, call: &Call, stop: &RunControl) -> (u64, Receiver<Heard>) {
        let (heard, hears) = channel();
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        if !state.over {
            state.pending.insert(id, Pending { heard, stop: stop.clone(), called_off: None });
            state.send(&HostLine::Request(Request { id, call: call.clone() }));
        }
        (id, hears)
    }

    /// Asks for an early end of a request.
    fn call_off(&self, id: u64) {
        self.state().call_off(id);
    }
}

impl State {
    fn send(&self, line: &HostLine) {
        let Ok(mut text) = serde_json::to_string(line) else { return };
        text.push('\n');
        if let Some(outgoing) = &self.outgoing {
            // A writer that is gone found a closed pipe: the reader finds it, too.
            drop(outgoing.send(text));
        }
    }

    fn call_off(&mut self, id: u64) {
        let Some(pending) = self.pending.get_mut(&id) else { return };
        if pending.called_off.is_none() {
            pending.called_off = Some(Instant::now());
            self.send(&HostLine::Note(Note::Cancel { request: id }));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let over = {
            let mut state = self.line.state();
            if !state.over {
                let id = state.next;
                state.send(&HostLine::Request(Request { id, call: Call::Close {} }));
                // Its standard input ends, which means the same.
                state.outgoing = None;
                state.idle = None;
            }
            state.over
        };
        if !over {
            self.line.process.wait(self.limits.close);
            self.line.end(Cause::Closed);
        }
    }
}

impl Line {
    fn count(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }
}
