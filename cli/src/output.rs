//! The one place that writes to standard output and standard error.
//!
//! It decides what a failure to write means, so that no print can end a study: a reader that has gone away (`| head`) is
//! no failure, a full device is one where results are written, and where only words are written nobody is left to be
//! told. Nothing reaches a terminal here but what can be seen (`attune_core::printable`).

mod bar;
mod fold;
mod panics;
mod width;

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::sync::Arc;

use attune::setup::Complaints;
use attune_core::printable;
use clap::builder::StyledStr;
use serde_json::Value as Json;

pub(crate) use bar::Bar;
pub(crate) use panics::escape_panics;
pub(crate) use width::columns;

use crate::error::CliError;

/// The longest line that is printed whole, in characters: the plan of a large model takes long ones.
const LINE: usize = 20_000;

/// Writes one line of results (or several) to standard output.
///
/// # Errors
/// When it cannot be written, unless nobody reads it any more.
pub(crate) fn line(text: impl std::fmt::Display) -> Result<(), CliError> {
    to_stdout(&fold::fold(&visible(&text.to_string()), fold::of_stdout()))
}

/// Writes one object to standard output, as one line.
///
/// # Errors
/// As [`line`].
pub(crate) fn json(object: &Json) -> Result<(), CliError> {
    to_stdout(&printable::json(&object.to_string()))
}

/// Writes a script for a shell to standard output as it is: its lines are of any length.
///
/// # Errors
/// As [`line`].
pub(crate) fn script(text: &str) -> Result<(), CliError> {
    to_stdout(text.trim_end())
}

/// Writes a file's text to standard output: as it is where a program reads it, its lines as they may be shown on a terminal.
///
/// # Errors
/// As [`line`].
pub(crate) fn data(text: &str) -> Result<(), CliError> {
    let text = text.trim_end();
    if io::stdout().is_terminal() { to_stdout(&visible(text)) } else { to_stdout(text) }
}

/// Writes the help of this program to standard output, with its colours where they are wanted.
///
/// # Errors
/// As [`line`].
pub(crate) fn help(text: &StyledStr) -> Result<(), CliError> {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if io::stdout().is_terminal() && !plain {
        to_stdout(text.ansi().to_string().trim_end())
    } else {
        line(text.to_string().trim_end())
    }
}

/// Tells people something on standard error, above a bar when there is one. Nobody is told when that fails.
pub(crate) fn note(text: impl std::fmt::Display) {
    let text = fold::fold(&visible(&text.to_string()), fold::of_stderr());
    if !bar::above(&text) {
        to_stderr(&format!("{text}\n"));
    }
}

/// Where complaints of techniques go: to standard error.
pub(crate) fn complaints() -> Complaints {
    Arc::new(note)
}

fn to_stdout(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Run(format!(
            "cannot write to standard output: {}",
            attune_core::describe::of_system(&error)
        ))),
        _ => Ok(()),
    }
}

fn to_stderr(text: &str) {
    // A closed or full standard error is no reason to stop anything.
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

/// A text as a terminal of so many columns gets it.
#[cfg(test)]
pub(crate) fn on_terminal(text: &str, columns: usize) -> String {
    fold::fold(&visible(text), Some(columns))
}

/// Every line of a text as it may be shown.
fn visible(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(|line| printable::line(line, LINE)).collect();
    lines.join("\n")
}
