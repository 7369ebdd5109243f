//! `attune help`: what commands take, and chapters of the book as topics; and both as man pages.

mod document;
mod man;
mod roff_text;
mod terminal;

#[cfg(test)]
mod tests;

use attune_core::printable::quoted;
use attune_core::suggest::hint;
use clap::CommandFactory as _;
use clap::builder::StyledStr;

use crate::args::Args;
use crate::error::CliError;
use crate::{output, topics};

pub(crate) use man::write as write_man_pages;

/// Prints what is asked about: everything there is, a command, or a topic.
///
/// # Errors
/// When there is no such command and no such topic, with the nearest name.
pub(crate) fn run(words: &[String]) -> Result<(), CliError> {
    output::help(&page(words, output::columns())?)
}

/// The answer to `attune help WORDS` in `columns` columns.
fn page(words: &[String], columns: usize) -> Result<StyledStr, CliError> {
    let mut command = Args::command();
    command.build();
    let Some(first) = words.first() else { return Ok(command.render_long_help()) };
    if let Some(topic) = topics::find(first).filter(|_| command.find_subcommand(first).is_none()) {
        return match words {
            [_] => Ok(terminal::render(topic, columns).into()),
            _ => Err(CliError::Input(format!(
                "`{}` is a topic by itself: attune help {}",
                topic.name, topic.name
            ))),
        };
    }
    let mut found = &mut command;
    let mut path = String::from("attune");
    for word in words {
        let known: Vec<String> =
            found.get_subcommands().map(|command| command.get_name().to_owned()).collect();
        if !known.iter().any(|name| name == word) {
            return Err(unknown(word, &path, &known));
        }
        found = found.find_subcommand_mut(word).ok_or_else(|| unknown(word, &path, &known))?;
        path = format!("{path} {word}");
    }
    Ok(found.render_long_help())
}

/// What is no command of `path`, nor a topic.
fn unknown(word: &str, path: &str, commands: &[String]) -> CliError {
    let shown = quoted(word);
    if path != "attune" {
        let hint = hint(word, commands.iter().map(String::as_str));
        return CliError::Input(format!(
            "`{path}` has no command `{shown}`{hint}; `{path} --help` lists them"
        ));
    }
    let hint = hint(word, commands.iter().map(String::as_str).chain(topics::names()));
    CliError::Input(format!("there is no command and no topic `{shown}`; `attune help` lists both{hint}"))
}
