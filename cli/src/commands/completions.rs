//! `attune completions`.

use clap_complete::Shell;

use crate::completions;
use crate::error::CliError;
use crate::output;

pub(crate) fn run(shell: Shell) -> Result<(), CliError> {
    output::script(&completions::script(&shell.to_string())?)
}
