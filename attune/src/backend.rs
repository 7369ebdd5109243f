//! The backend of screens: what a view asks of the rest of the program, and what comes back.
//!
//! A view sends [`Request`]s to a [`Backend`] and learns [`Answer`]s from its [`Mailbox`]. [`LocalBackend`] is the one of
//! this process; tests of views bring their own.

mod answer;
mod local;
mod request;

use std::sync::Arc;

pub use answer::{
    Answer, Catalogue, Check, EvaluatorRow, Fault, FolderEntry, FolderEntryKind, ModelFound, Opening,
    ProfileRow, RunLocation, SaveError, StrategyRow, StudyRow, Target, Timing, Verdict, Written,
};
pub(crate) use local::that_come_with_attune as profiles_that_come_with_attune;
pub use local::{LocalBackend, THREAD, come_with_attune};
pub use request::{DraftFile, Request};

/// A backend: whatever knows stores, models and techniques, as the screens see it.
///
/// Contract: [`ask`](Self::ask) returns at once. What takes longer than a moment runs on a thread of the backend
/// and is answered through the mailbox, in any order; the screens never wait for an answer. A request that cannot be
/// served is answered with a sentence for people, never with silence.
///
/// ```
/// use std::sync::mpsc::channel;
///
/// use attune::backend::{Answer, Backend, LocalBackend, Mailbox, Request};
///
/// let (send, answers) = channel();
/// let mailbox = Mailbox::new(move |answer| drop(send.send(answer)));
/// let mut backend = LocalBackend::new("a-store-that-is-not-there-yet".as_ref());
/// backend.ask(Request::Studies, &mailbox);
/// let Ok(Answer::Studies(Ok(studies))) = answers.recv() else { panic!("an empty store is no error") };
/// assert!(studies.is_empty());
/// backend.close();
/// ```
pub trait Backend {
    /// Begins to serve `request`. Which answer each request gets is said at its variant.
    fn ask(&mut self, request: Request, mailbox: &Mailbox);

    /// The screens are closing: studies of this process have been told to stop where a person or a signal
    /// asked for it. Returns when what they finished is on disk, or after a few seconds.
    fn close(&mut self);
}

/// Where a backend's answers go. Sending never blocks, so a view is never in the way of a study; after the screens
/// have closed, what is sent is dropped.
#[derive(Clone)]
pub struct Mailbox(Arc<dyn Fn(Answer) + Send + Sync>);

impl Mailbox {
    /// A mailbox that hands every answer to `deliver`, on the thread that sends it.
    pub fn new(deliver: impl Fn(Answer) + Send + Sync + 'static) -> Self {
        Self(Arc::new(deliver))
    }

    /// Sends one answer.
    pub fn send(&self, answer: Answer) {
        (self.0)(answer);
    }
}
