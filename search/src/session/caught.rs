//! Panics of what a session calls: a failed study, never the end of the process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use attune_core::panics;

use super::SessionError;

/// What `work` returns; a panic in it is an error that says what was being done.
///
/// Whatever `work` was changing may be half changed when it panics: it is not to be used any more.
pub(super) fn caught<T>(
    during: impl FnOnce() -> String,
    work: impl FnOnce() -> Result<T, SessionError>,
) -> Result<T, SessionError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(during(), &*panic)))
}

/// The error that a panic becomes.
pub(super) fn panicked(during: String, panic: &(dyn Any + Send)) -> SessionError {
    SessionError::Panicked { during, message: said(panic) }
}

/// What a panic said.
pub(super) fn said(panic: &(dyn Any + Send)) -> String {
    panics::message(panic).unwrap_or("no message").to_owned()
}
