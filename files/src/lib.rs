//! Reads the files that people name, and nothing but regular files up to a bound.
//!
//! A path of a profile or a command line may name anything: a device that never ends, a pipe that nobody writes to, a
//! folder, an image of a disk. Each of these is a [`ReadError`] that says what was found, before a byte is kept.
//! Links count as what they point to. This crate knows nothing of attune, so that every other one may use it.

mod error;
mod nearest;
mod read;

pub use error::{FileKind, ReadError};
pub use nearest::nearest;
pub use read::{bytes, open, text};
