//! Errors as people and scripts meet them: one paragraph and an exit code.

use attune::error::without_numbers;
use attune_core::printable::{self, MESSAGE};
use serde_json::{Value as Json, json};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum CliError {
    /// Wrong usage or bad input: exit code 2.
    Input(String),
    /// Failed while running: exit code 1.
    Run(String),
    /// Interrupted and resumable: exit code 130.
    Interrupted(String),
}

impl CliError {
    /// Bad input, from any error.
    pub(crate) fn input(error: impl std::fmt::Display) -> Self {
        Self::Input(error.to_string())
    }

    /// A failure while running, from any error.
    pub(crate) fn run(error: impl std::fmt::Display) -> Self {
        Self::Run(error.to_string())
    }

    /// The exit code of the process.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Run(_) => 1,
            Self::Input(_) => 2,
            Self::Interrupted(_) => 130,
        }
    }

    /// What `--json` prints last; an interruption has an event of its own.
    pub(crate) fn event(&self) -> Option<Json> {
        let (Self::Run(message) | Self::Input(message)) = self else { return None };
        let message = without_numbers(message);
        let message = printable::cut(&message, MESSAGE);
        Some(json!({ "event": "failed", "code": self.code(), "message": message }))
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::Run(message) | Self::Input(message) => {
                format!("error: {}", printable::block(&without_numbers(message), MESSAGE))
            }
            Self::Interrupted(message) => printable::block(message, MESSAGE).into_owned(),
        }
    }
}

impl From<attune::Error> for CliError {
    fn from(error: attune::Error) -> Self {
        match error {
            attune::Error::Input(cause) => Self::input(cause),
            attune::Error::Run(cause) => Self::run(cause),
        }
    }
}

impl From<attune_author::AuthorError> for CliError {
    fn from(error: attune_author::AuthorError) -> Self {
        if error.is_failure() { Self::run(error) } else { Self::input(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_system_are_left_out() {
        let error = CliError::Input(
            "cannot read a.txt: No such file or directory (os error 2); name another".to_owned(),
        );
        assert_eq!(error.message(), "error: cannot read a.txt: No such file or directory; name another");
    }
}
