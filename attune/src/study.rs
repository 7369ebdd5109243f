//! Studies: built from a profile or from typed values, run, paused, continued.

mod builder;
mod events;
mod handle;
mod outcome;
mod own_evaluator;
mod source;
#[cfg(feature = "native")]
mod tabulated;

use attune_core::event::{Command, Event};
use attune_core::facts::Facts;
use attune_core::objective::Objective;
use attune_core::store::StudyHeader;
use attune_search::session::{self, SessionEnd, SessionSetup};
use crossbeam_channel::{Receiver, unbounded};

pub use builder::StudyBuilder;
pub use handle::StudyHandle;
pub use outcome::{Outcome, StudyResult};
#[cfg(feature = "native")]
pub use tabulated::Tabulated;

use crate::error::Error;
use events::Listeners;
use source::OpenStore;

/// A study: one search that is ready to run, and is continued where the store has its name already.
///
/// It is made by [`Study::builder`]. Everything that can be refused before anything is evaluated has been checked then.
pub struct Study {
    setup: SessionSetup,
    store: OpenStore,
    listeners: Listeners,
    handle: StudyHandle,
    commands: Receiver<Command>,
}

impl Study {
    /// A study with nothing said about it yet.
    ///
    /// ```no_run
    /// # #[cfg(feature = "native")]
    /// # fn study() -> Result<(), attune::Error> {
    /// use attune::{Study, strategy};
    ///
    /// let study = Study::builder()
    ///     .profile_file("profiles/quickstart.ron")
    ///     .strategy(strategy::Evolution { population: 24, ..Default::default() })
    ///     .store(".attune")
    ///     .on_event(|event| println!("{event:?}"))
    ///     .build()?;
    /// let result = study.run()?.into_result()?;
    /// println!("trial {}: {:?}", result.best().trial, result.best().estimates);
    /// # Ok(()) }
    /// ```
    pub fn builder() -> StudyBuilder {
        StudyBuilder::default()
    }

    fn new(setup: SessionSetup, store: OpenStore, listeners: Listeners) -> Self {
        let (send, commands) = unbounded();
        let handle = StudyHandle::new(send);
        Self { setup, store, listeners, handle, commands }
    }

    /// Its identity, with the dimensions of its space.
    pub fn header(&self) -> &StudyHeader {
        &self.setup.header
    }

    /// Trials that it is to have.
    pub fn trials(&self) -> u64 {
        self.setup.trials
    }

    /// What counts, most important first.
    pub fn objectives(&self) -> &[Objective] {
        &self.setup.objectives
    }

    /// What pauses and stops it from another thread, or from a listener.
    pub fn handle(&self) -> StudyHandle {
        self.handle.clone()
    }

    /// What is searched: facts of the evaluator's subject.
    pub fn subject(&self) -> &Facts {
        self.setup.evaluator.model()
    }

    /// Runs the study from where its journal ends to its report, on this thread; the result of one that is finished comes
    /// from the store.
    ///
    /// # Errors
    /// Why it ended without a result. What had finished is kept: a second run continues there.
    pub fn run(self) -> Result<Outcome, Error> {
        self.run_with(&mut |_| ())
    }

    /// As [`run`](Self::run), and `listener` hears every event after those whom the builder was told of.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with(self, listener: &mut dyn FnMut(&Event)) -> Result<Outcome, Error> {
        let Self { setup, store, mut listeners, handle, commands } = self;
        // A study whose last handle is gone is not one that waits for commands.
        drop(handle);
        let header = setup.header.clone();
        let mut progress = None;
        let mut tell = |event: Event| {
            for message in store.notes() {
                let warning = Event::Warning { message };
                listeners.tell(&warning);
                listener(&warning);
            }
            if let Event::Interrupted { progress: last } = &event {
                progress = Some(*last);
            }
            listeners.tell(&event);
            listener(&event);
        };
        match session::run(setup, &mut tell, commands)? {
            SessionEnd::Finished(finished) => {
                Ok(Outcome::Finished(Box::new(StudyResult::new(header, *finished))))
            }
            SessionEnd::Interrupted => {
                Ok(Outcome::Interrupted { study: header.study, progress: progress.unwrap_or_default() })
            }
        }
    }
}
