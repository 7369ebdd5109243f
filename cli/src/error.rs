//! Errors as people and scripts meet them: one paragraph and an exit code.

use std::process::ExitCode;

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

    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Run(_) => ExitCode::from(1),
            Self::Input(_) => ExitCode::from(2),
            Self::Interrupted(_) => ExitCode::from(130),
        }
    }

    pub(crate) fn message(&self) -> String {
        match self {
            Self::Run(message) | Self::Input(message) => format!("error: {message}"),
            Self::Interrupted(message) => message.clone(),
        }
    }

    /// The sentence alone, for places that show errors in their own way.
    #[cfg(unix)]
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Run(message) | Self::Input(message) | Self::Interrupted(message) => message,
        }
    }
}
