//! The port: what the screens ask of the rest of the program, and what comes back.

mod answer;
mod request;

use std::sync::mpsc::Sender;

pub use answer::{
    Answer, Catalogue, Check, Fault, FolderEntry, FolderEntryKind, ModelFound, Opening, ProfileRow,
    RunLocation, SaveError, StrategyRow, StudyRow, Target, Timing, Verdict, Written,
};
pub use request::{DraftFile, Request};

use crate::message::Message;

/// Whatever knows stores, models and techniques, as the screens see it.
///
/// Contract: [`ask`](Self::ask) returns at once. What takes longer than a moment runs on a thread of the desk
/// and is answered by mail, in any order; the screens never wait for an answer. A request that cannot be
/// served is answered with a sentence for people, never with silence.
pub trait Desk {
    /// Begins to serve `request`. Which answer each request gets is said at its variant.
    fn ask(&mut self, request: Request, mail: &Mail);

    /// The screens are closing: studies of this process have been told to stop where a person or a signal
    /// asked for it. Returns when what they finished is on disk, or after a few seconds.
    fn close(&mut self);
}

/// Where a desk's answers go. Sending never blocks, so a view is never in the way of a study; after the screens
/// have closed, mail is dropped.
#[derive(Clone, Debug)]
pub struct Mail(Sender<Message>);

impl Mail {
    /// Mail that arrives as [`Message::Answer`].
    pub fn new(messages: Sender<Message>) -> Self {
        Self(messages)
    }

    /// Sends one answer.
    pub fn send(&self, answer: Answer) {
        // The receiver is gone when the screens have closed: then nobody wants to know.
        drop(self.0.send(Message::Answer(answer)));
    }
}
