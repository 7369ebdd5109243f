//! Commands from outside, and what they do to a running session.

use attune_core::evaluator::RunControl;
use attune_core::event::Command;
use crossbeam_channel::{Receiver, TryRecvError, never};

use super::pause_gate::PauseGate;

/// What a view has asked for so far.
pub(in crate::session) struct Control<'a> {
    commands: Receiver<Command>,
    gate: &'a PauseGate,
    /// Stop when the generation is finished.
    pub(in crate::session) after_generation: bool,
    /// Stop at once.
    pub(in crate::session) now: bool,
}

impl<'a> Control<'a> {
    pub(in crate::session) fn new(commands: Receiver<Command>, gate: &'a PauseGate) -> Self {
        Self { commands, gate, after_generation: false, now: false }
    }

    /// Obeys every command that has arrived.
    pub(in crate::session) fn poll(&mut self) {
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.obey(command),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => return self.hang_up(),
            }
        }
    }

    pub(in crate::session) fn obey(&mut self, command: Command) {
        match command {
            Command::Pause => self.gate.pause(),
            Command::Resume => self.gate.resume(),
            Command::StopAfterGeneration => {
                self.after_generation = true;
                // A paused study could never finish its generation.
                self.gate.resume();
            }
            Command::StopNow => {
                self.now = true;
                self.gate.stop();
            }
        }
    }

    /// Nobody is left to say `Resume`.
    pub(in crate::session) fn hang_up(&mut self) {
        self.commands = never();
        self.gate.resume();
    }

    /// Where commands come from; when the other end is gone, [`Control::hang_up`].
    pub(in crate::session) fn commands(&self) -> &Receiver<Command> {
        &self.commands
    }

    /// Whether somebody has asked for a stop of either kind.
    pub(in crate::session) fn is_stopping(&self) -> bool {
        self.now || self.after_generation
    }

    /// Asked once there is to be nothing more.
    pub(in crate::session) fn flag(&self) -> RunControl {
        self.gate.flag()
    }

    /// Keeps the executor from starting anything more, and a strategy from planning on.
    pub(in crate::session) fn give_up(&self) {
        self.gate.stop();
    }
}
