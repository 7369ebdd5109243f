//! Results on stdout.

use std::io::{ErrorKind, Write as _};

use crate::error::CliError;

/// Writes one line (or several) to stdout. A reader that has gone away (`| head`) is no error.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), CliError> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::Run(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
