//! The gate between two plans: open, closed for a while, or closed for good.

use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, PoisonError};

use attune_core::evaluator::Stop;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Open,
    Paused,
    Stopped,
}

/// What workers pass between two plans. A stop is for good, and reaches them in the middle of a plan.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
    flag: Stop,
}

impl Gate {
    pub(super) fn pause(&self) {
        self.change(State::Paused);
    }

    pub(super) fn resume(&self) {
        self.change(State::Open);
    }

    pub(super) fn stop(&self) {
        self.flag.ask();
        self.change(State::Stopped);
    }

    /// Raised by a stop: for those who are in the middle of a plan.
    pub(super) fn flag(&self) -> Stop {
        self.flag.clone()
    }

    fn change(&self, to: State) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state != State::Stopped {
            *state = to;
        }
        self.changed.notify_all();
    }

    /// Waits while paused; `Break` once stopped.
    pub(super) fn pass(&self) -> ControlFlow<()> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self
            .changed
            .wait_while(state, |state| *state == State::Paused)
            .unwrap_or_else(PoisonError::into_inner);
        if *state == State::Stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
