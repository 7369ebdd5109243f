//! The command line as it was typed: parsed, or answered with help or with what is wrong with it.

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{Error, ErrorKind};

use crate::args::Args;
use crate::error::CliError;
use crate::output;

/// The command line, or the exit code of what was said about it.
pub(crate) fn parse() -> Result<Args, ExitCode> {
    Args::try_parse().map_err(|error| answer(&error))
}

fn answer(error: &Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match output::help(&error.render()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::note(error.message());
                ExitCode::from(error.code())
            }
        };
    }
    // What was typed is quoted in it: no colours, so that it can be escaped.
    let text = error.render().to_string();
    let text = text.trim_end();
    output::note(text);
    let sentence = text.strip_prefix("error: ").unwrap_or(text);
    let failed = CliError::Input(sentence.to_owned());
    if let Some(event) = failed.event().filter(|_| json_was_asked_for()) {
        drop(output::json(&event));
    }
    ExitCode::from(failed.code())
}

/// Whether `--json` is on a command line that does not parse.
fn json_was_asked_for() -> bool {
    std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
}
