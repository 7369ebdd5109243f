//! `attune completions`, and what a shell asks through the script that it prints.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use crate::args::Args;
use crate::error::CliError;
use crate::output;

/// The variable with which a script asks; its value is the shell.
const ASKED: &str = "COMPLETE";
/// The name of the program in scripts.
const PROGRAM: &str = "attune";

/// Answers a shell that asks for completions; `None` when nobody does.
pub(crate) fn answer() -> Option<ExitCode> {
    std::env::var_os(ASKED)?;
    let folder = std::env::current_dir().ok();
    match CompleteEnv::with_factory(Args::command).try_complete(std::env::args_os(), folder.as_deref()) {
        Ok(true) => Some(ExitCode::SUCCESS),
        Ok(false) => None,
        Err(error) => {
            output::note(error.render().to_string().trim_end());
            Some(ExitCode::from(2))
        }
    }
}

/// The script that makes a shell ask.
///
/// # Errors
/// When the shell is none that is known.
fn script(shell: &str) -> Result<String, CliError> {
    let unknown = || CliError::Input(format!("no completions for `{shell}`"));
    let shells = Shells::builtins();
    let completer = shells.completer(shell).ok_or_else(unknown)?;
    let mut script = Vec::new();
    completer.write_registration(ASKED, PROGRAM, PROGRAM, PROGRAM, &mut script).map_err(CliError::run)?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

pub(crate) fn run(shell: Shell) -> Result<(), CliError> {
    output::script(&script(&shell.to_string())?)
}
