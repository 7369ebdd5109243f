//! Branch and bound over canonical plans: buffers are placed in the order of offsets that never fall, each at the lowest place that
//! those before it leave (MiniMalloc, Moffitt, ASPLOS 2023; written from the ideas of the paper).
//!
//! Any plan packed down is canonical, so nothing is lost. A branch ends when
//! * in a section of time what is left does not fit above the lowest place that any of it can take (sections are the sets of
//!   buffers alive at once that no other set contains);
//! * a buffer that is left fits wholly under the place of the next one: moving it there makes another plan no higher;
//! * a buffer can no longer stand at the current height or above, because nothing that overlaps it is left to stand under it.
//!
//! What is more here than in the paper's list: a buffer that cannot be passed over, because then a section or the buffer itself
//! would not fit, ends the list of candidates, and one of two buffers of the same life and size always comes first.
//!
//! Where no buffer that is left lives across a moment, what is before it and after it are *parts* of their own: each is searched by
//! itself, and when one has no plan, nothing in the others is tried anew.
//!
//! Which of several buffers is tried first says the *rank*. Where branches end, the buffers of that section gain *weight*:
//! restarts that rank by weight place the hard ones first ([`crate::restarts`]).

mod candidates;
mod parts;
mod search;
mod sections;
mod state;

pub use search::{Outcome, Search};
pub use sections::Sections;
