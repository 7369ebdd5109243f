//! Two studies side by side: what they were asked, what they found, and where their configs differ.

pub(crate) mod keys;

use crate::study::Study;

/// The screen.
#[derive(Clone, Debug)]
pub(crate) struct Compare {
    pub(crate) names: [String; 2],
    /// `None` until the backend has opened them.
    pub(crate) studies: [Option<Box<Study>>; 2],
    pub(crate) scroll: usize,
}
