//! The studies that this process runs, and the store that they share.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use attune_core::event::Command;
use attune_store::DeferredStore;
use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::error::{Cause, Error};

/// How long closing waits for the layer that is being computed. Nothing finished is lost when it takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A handle on all of them.
#[derive(Clone, Default)]
pub(crate) struct Running(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
    /// Open while a study runs, and no longer.
    store: Mutex<Weak<DeferredStore>>,
}

#[derive(Default)]
struct State {
    studies: BTreeMap<String, Study>,
    closing: bool,
}

struct Study {
    commands: Sender<Command>,
    /// It has been set up: from here on there is something to wait for.
    begun: bool,
}

/// The place of one study among them; dropping it says that the study runs no more.
pub(crate) struct Turn {
    running: Running,
    study: String,
    /// What the screens tell the study.
    pub(crate) commands: Receiver<Command>,
}

impl Turn {
    /// Says that the study begins now; whether it may: not when the screens have closed while it was set up.
    pub(crate) fn starts(&self) -> bool {
        let mut state = self.running.state();
        let closing = state.closing;
        if let Some(study) = state.studies.get_mut(&self.study) {
            study.begun = !closing;
        }
        !closing
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.state().studies.remove(&self.study);
        self.running.0.ended.notify_all();
    }
}

impl Running {
    /// Takes a place for a study.
    pub(crate) fn begin(&self, study: &str) -> Result<Turn, Error> {
        let mut state = self.state();
        if state.closing {
            return Err(Error::run(Cause::Closing));
        }
        if state.studies.contains_key(study) {
            return Err(Error::input(Cause::RunningHere(study.to_owned())));
        }
        let (send, commands) = unbounded();
        state.studies.insert(study.to_owned(), Study { commands: send, begun: false });
        Ok(Turn { running: self.clone(), study: study.to_owned(), commands })
    }

    /// The store in `path`, one for all studies of this process.
    pub(crate) fn store(&self, path: &Path) -> Arc<DeferredStore> {
        let mut known = self.0.store.lock().unwrap_or_else(PoisonError::into_inner);
        known.upgrade().unwrap_or_else(|| {
            let store = Arc::new(DeferredStore::new(path));
            *known = Arc::downgrade(&store);
            store
        })
    }

    pub(crate) fn runs(&self, study: &str) -> bool {
        self.state().studies.contains_key(study)
    }

    pub(crate) fn tell(&self, study: &str, command: Command) {
        if let Some(study) = self.state().studies.get(study) {
            // The receiver is gone when the study has just ended: then it needs no command.
            let _ = study.commands.send(command);
        }
    }

    /// Stops them all and waits a moment for them.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closing = true;
        for study in state.studies.values() {
            let _ = study.commands.send(Command::StopNow);
        }
        let waited = self.0.ended.wait_timeout_while(state, PATIENCE, |state| {
            // A model that is still being loaded is not worth a wait.
            state.studies.values().any(|study| study.begun)
        });
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
