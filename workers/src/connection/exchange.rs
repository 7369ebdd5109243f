//! One request, from asking to its end.

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use attune_core::evaluator::RunControl;
use serde::de::DeserializeOwned;

use super::{Connection, Heard};
use crate::ending::{Cause, Ending};
use crate::wire::{Call, Event, Failure};

/// How often whoever waits looks at the clock.
const GLANCE: Duration = Duration::from_millis(20);

/// How long a request is waited for.
pub(crate) struct Wait<'a> {
    /// Who may call it off, or hold it.
    pub(crate) stop: &'a RunControl,
    /// Working time after which it is called off.
    pub(crate) most: Option<Duration>,
    /// Calling it off ends the worker at once, for this cause: it has nothing to lose.
    pub(crate) at_once: Option<Cause>,
}

/// What whoever listens says to an event.
pub(crate) enum Next {
    /// Go on.
    On,
    /// That was enough.
    Enough,
}

/// Why a request was called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalledOff {
    /// Somebody asked to stop.
    Stopped,
    /// Whoever listened had enough.
    Enough,
    /// It took too long.
    Late,
}

/// How a request ended.
pub(crate) struct Asked<T> {
    /// Its result, or why there is none.
    pub(crate) answer: Answer<T>,
    /// Why it was called off, if it was.
    pub(crate) called_off: Option<CalledOff>,
}

/// What came of a request, with the line that said so.
pub(crate) enum Answer<T> {
    /// Its result.
    Result(T, String),
    /// It was refused, or failed.
    Failure(Failure, String),
    /// The worker ended.
    Gone(Arc<Ending>),
}

impl Connection {
    /// Asks, and tells of events until there is an answer. What `on` or the caller finds wrong with what it hears ends the worker.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        call: &Call,
        wait: &Wait<'_>,
        on: &mut dyn FnMut(Event) -> Result<Next, String>,
    ) -> Asked<T> {
        let (id, hears) = self.line.request(call, wait.stop);
        let (begin, rested) = (Instant::now(), wait.stop.rested());
        let mut called_off = None;
        let answer = loop {
            if called_off.is_none() {
                let worked = begin.elapsed().saturating_sub(wait.stop.rested().saturating_sub(rested));
                if wait.stop.is_asked() {
                    called_off = Some(CalledOff::Stopped);
                } else if wait.most.is_some_and(|most| worked > most) && !wait.stop.is_held() {
                    called_off = Some(CalledOff::Late);
                }
                match (called_off, &wait.at_once) {
                    (None, _) => {}
                    (Some(_), None) => self.line.call_off(id),
                    (Some(_), Some(cause)) => drop(self.end(cause.clone())),
                }
            }
            let (said, wrong) = match hears.recv_timeout(GLANCE) {
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break Answer::Gone(self.line.ending()),
                // Nobody listens any more.
                Ok(Heard::Event(..)) if called_off == Some(CalledOff::Enough) => continue,
                Ok(Heard::Event(event, said)) => match on(event) {
                    Ok(Next::On) => continue,
                    Ok(Next::Enough) => {
                        called_off.get_or_insert(CalledOff::Enough);
                        self.line.call_off(id);
                        continue;
                    }
                    // It was called off, and may say so of every plan.
                    Err(_) if called_off.is_some() => continue,
                    Err(wrong) => (said, wrong),
                },
                Ok(Heard::Failure(failure, said)) => break Answer::Failure(failure, said),
                Ok(Heard::Result(result, said)) => {
                    match serde_json::from_value(serde_json::Value::Object(result)) {
                        Ok(result) => break Answer::Result(result, said),
                        Err(error) => (said, format!("its result is not as the protocol has it: {error}")),
                    }
                }
            };
            break Answer::Gone(self.end(Cause::nonsense(&said, wrong)));
        };
        // Whoever watches may have called it off before this thread looked.
        let stopped = wait.stop.is_asked().then_some(CalledOff::Stopped);
        Asked { answer, called_off: called_off.or(stopped) }
    }
}
