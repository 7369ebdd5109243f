//! The gate that workers pass: open, closed for a while, or closed for good.

use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use attune_core::evaluator::RunControl;

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Open,
    /// Since then.
    Paused(Instant),
    Stopped,
}

/// What workers pass between two plans; those in the middle of one are reached by the flag. A stop is for good.
#[derive(Default)]
pub(in crate::session) struct PauseGate {
    state: Mutex<State>,
    changed: Condvar,
    flag: RunControl,
}

impl PauseGate {
    pub(in crate::session) fn pause(&self) {
        self.change(State::Paused(Instant::now()));
    }

    pub(in crate::session) fn resume(&self) {
        self.change(State::Open);
    }

    pub(in crate::session) fn stop(&self) {
        self.flag.ask();
        self.change(State::Stopped);
    }

    /// For those who are in the middle of a plan.
    pub(in crate::session) fn flag(&self) -> RunControl {
        self.flag.clone()
    }

    fn change(&self, to: State) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match (*state, to) {
            (State::Stopped, _) | (State::Paused(_), State::Paused(_)) => return,
            (State::Paused(since), _) => self.flag.release(since.elapsed()),
            (_, State::Paused(_)) => self.flag.hold(),
            _ => {}
        }
        *state = to;
        self.changed.notify_all();
    }

    /// Waits while paused; `Break` once stopped.
    pub(in crate::session) fn pass(&self) -> ControlFlow<()> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self
            .changed
            .wait_while(state, |state| matches!(state, State::Paused(_)))
            .unwrap_or_else(PoisonError::into_inner);
        if *state == State::Stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_reaches_those_who_are_in_the_middle_of_a_plan() {
        let gate = PauseGate::default();
        let flag = gate.flag();
        gate.pause();
        // A second pause is the same one.
        gate.pause();
        assert!(flag.is_held() && !flag.is_asked());
        gate.resume();
        assert!(!flag.is_held() && gate.pass().is_continue());
        assert!(!flag.rested().is_zero());

        gate.pause();
        gate.stop();
        assert!(flag.is_asked() && !flag.is_held() && gate.pass().is_break());
        gate.pause();
        assert!(!flag.is_held() && gate.pass().is_break(), "a stop is for good");
    }
}
