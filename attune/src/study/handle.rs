//! Pausing and stopping a study from outside.

use attune_core::event::Command;
use crossbeam_channel::Sender;

/// A handle: pauses, resumes and stops a study that runs on another thread. Cheap to clone.
///
/// A study that has ended takes no more commands; saying so again does nothing.
#[derive(Clone, Debug)]
pub struct StudyHandle(Sender<Command>);

impl StudyHandle {
    pub(super) fn new(commands: Sender<Command>) -> Self {
        Self(commands)
    }

    /// Evaluates nothing new until [`resume`](Self::resume).
    pub fn pause(&self) {
        self.tell(Command::Pause);
    }

    /// Goes on after a pause.
    pub fn resume(&self) {
        self.tell(Command::Resume);
    }

    /// Stops at once: what has no score yet is given up, what has one is kept. Says whether the study was still there to
    /// hear it.
    pub fn stop(&self) -> bool {
        self.0.send(Command::StopNow).is_ok()
    }

    /// Stops when the running generation is finished.
    pub fn stop_after_generation(&self) {
        self.tell(Command::StopAfterGeneration);
    }

    fn tell(&self, command: Command) {
        // The receiver is gone when the study has ended: then it needs no command.
        let _ = self.0.send(command);
    }
}
