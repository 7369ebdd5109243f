//! Commands from outside, and what they do to a running session.

use attune_core::evaluator::RunControl;
use attune_core::event::Command;
use crossbeam_channel::{Receiver, TryRecvError, never};

use super::pause_gate::PauseGate;

/// What a view has asked for so far.
pub(super) struct Control<'a> {
    commands: Receiver<Command>,
    gate: &'a PauseGate,
    /// Stop when the generation is finished.
    pub(super) after_generation: bool,
    /// Stop at once.
    pub(super) now: bool,
}

impl<'a> Control<'a> {
    pub(super) fn new(commands: Receiver<Command>, gate: &'a PauseGate) -> Self {
        Self { commands, gate, after_generation: false, now: false }
    }

    /// Obeys every command that has arrived.
    pub(super) fn poll(&mut self) {
        loop {
            match self.commands.try_recv() {
                Ok(command) => self.obey(command),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => return self.hang_up(),
            }
        }
    }

    pub(super) fn obey(&mut self, command: Command) {
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
    pub(super) fn hang_up(&mut self) {
        self.commands = never();
        self.gate.resume();
    }

    /// Where commands come from; when the other end is gone, [`Control::hang_up`].
    pub(super) fn commands(&self) -> &Receiver<Command> {
        &self.commands
    }

    /// Whether somebody has asked for a stop of either kind.
    pub(super) fn is_stopping(&self) -> bool {
        self.now || self.after_generation
    }

    /// Asked once there is to be nothing more.
    pub(super) fn flag(&self) -> RunControl {
        self.gate.flag()
    }

    /// Keeps the executor from starting anything more, and a strategy from planning on.
    pub(super) fn give_up(&self) {
        self.gate.stop();
    }
}
