//! Why something could not be done: typed, and whose turn it is to put it right.

#[cfg(feature = "native")]
mod baseline;
mod cause;
mod continuing;
#[cfg(feature = "export")]
mod engine;
mod evaluator;
mod exporting;
mod folder;
#[cfg(feature = "native")]
mod given_table;
mod package;
mod path;
mod start;
mod target;
#[cfg(feature = "export")]
mod verifying;

#[cfg(feature = "native")]
pub use baseline::{BaselineError, RecipeFault};
pub use cause::Cause;
pub use continuing::{ContinueError, NoStore};
#[cfg(feature = "export")]
pub use engine::EngineError;
pub use evaluator::{NoExample, OtherEvaluator};
pub use exporting::{ChoiceError, StagingError};
pub use folder::FolderError;
#[cfg(feature = "native")]
pub use given_table::{GivenTableError, TableFault};
pub use package::NoPackage;
pub use path::PathError;
pub use start::StartError;
pub use target::TargetError;
#[cfg(feature = "export")]
pub use verifying::VerifyError;

use attune_core::printable::{self, MESSAGE};
use attune_core::space::SpaceError;
use attune_core::store::StoreError;
use attune_core::technique::{FailureKind, TechniqueFailure};
#[cfg(feature = "techniques")]
use attune_plugins::LoadError;
use attune_search::session::SessionError;

/// Why something could not be done.
///
/// The message of an error names the place, what was found, what was expected and what to do; it is that of its [`Cause`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for cannot be done as it was asked: another profile, name or option is needed.
    #[error(transparent)]
    Input(Box<Cause>),
    /// It failed while running. What had finished is kept, and the same may succeed when it is asked for again.
    #[error(transparent)]
    Run(Box<Cause>),
}

impl Error {
    /// Bad input.
    pub fn input(cause: impl Into<Cause>) -> Self {
        Self::Input(Box::new(cause.into()))
    }

    /// A failure while running.
    pub fn run(cause: impl Into<Cause>) -> Self {
        Self::Run(Box::new(cause.into()))
    }

    /// What happened.
    pub fn cause(&self) -> &Cause {
        let (Self::Input(cause) | Self::Run(cause)) = self;
        cause
    }

    /// The message for people: every character can be seen, and the numbers that a system has for its errors are left
    /// out.
    pub fn sentence(&self) -> String {
        printable::block(&without_numbers(&self.to_string()), MESSAGE).into_owned()
    }
}

impl From<StoreError> for Error {
    /// A name that cannot be had is bad input, a store that fails is not.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DifferentStudy { .. }
            | StoreError::UnknownStudy { .. }
            | StoreError::NameTaken { .. }
            | StoreError::BadName { .. } => Self::input(error),
            _ => Self::run(error),
        }
    }
}

impl From<SpaceError> for Error {
    fn from(error: SpaceError) -> Self {
        Self::input(error)
    }
}

impl From<TechniqueFailure> for Error {
    /// A technique that says no is bad input; one that misbehaves failed while running.
    fn from(failure: TechniqueFailure) -> Self {
        match failure.kind {
            FailureKind::Refused(_) | FailureKind::WrongWorld(_) | FailureKind::UnknownEdit { .. } => {
                Self::input(failure)
            }
            _ => Self::run(failure),
        }
    }
}

#[cfg(feature = "techniques")]
impl From<LoadError> for Error {
    /// A file that is no technique is bad input; a technique that misbehaves failed while running.
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Technique(failure) => failure.into(),
            other => Self::input(other),
        }
    }
}

impl From<SessionError> for Error {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Store(source) => source.into(),
            SessionError::Technique(failure) => failure.into(),
            SessionError::Strategy(_)
            | SessionError::UnknownObjective { .. }
            | SessionError::NoObjective
            | SessionError::NoItems
            | SessionError::NoSplit { .. }
            | SessionError::FewItems { .. }
            | SessionError::NoSignal { .. }
            | SessionError::NoEstimate { .. }
            | SessionError::NoDamages { .. }
            | SessionError::NoTable(_)
            | SessionError::TableUnused { .. }
            | SessionError::TwoTables { .. }
            | SessionError::NoStart { .. }
            | SessionError::BaselineName { .. }
            | SessionError::BaselineRefused { .. }
            | SessionError::CannotRace { .. }
            | SessionError::NothingRuns { .. } => Self::input(error),
            _ => Self::run(error),
        }
    }
}

/// A message without the numbers that the system has for its errors beside its words.
pub fn without_numbers(message: &str) -> String {
    const MARK: &str = " (os error ";
    let mut parts = message.split(MARK);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit()).strip_prefix(')');
        match rest {
            Some(rest) => text.push_str(rest),
            None => text.extend([MARK, part]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_system_are_left_out() {
        let text = "cannot read a.txt: No such file or directory (os error 2); name another";
        assert_eq!(without_numbers(text), "cannot read a.txt: No such file or directory; name another");
        assert_eq!(without_numbers("a (os error x"), "a (os error x");
    }
}
