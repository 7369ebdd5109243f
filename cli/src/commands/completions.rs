//! `attune completions`.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Args;
use crate::error::CliError;

pub(crate) fn run(shell: Shell) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "attune", &mut script);
    crate::output::line(String::from_utf8_lossy(&script).trim_end())
}
