//! `attune` without a command: the screens where there is a terminal for them, the help where there is none.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::args::Args;
use crate::output;

/// Opens the screens, or says what the command line can do.
pub(crate) fn open(store: &Path) -> ExitCode {
    #[cfg(unix)]
    {
        use std::io::IsTerminal as _;
        if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
            return on_terminal(store);
        }
    }
    #[cfg(not(unix))]
    let _ = store;
    output::note(Args::command().render_help().to_string().trim_end());
    // No command is wrong usage, as everywhere else.
    ExitCode::from(2)
}

#[cfg(unix)]
fn on_terminal(store: &Path) -> ExitCode {
    use attune_tui::{Ended, Setup};

    let setup = Setup {
        store: (store != Path::new(".attune")).then(|| store.display().to_string()),
        colour: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        mouse: std::env::var("TERM").is_ok_and(|term| !matches!(term.as_str(), "" | "dumb" | "linux")),
        ..Setup::default()
    };
    let mut backend = attune::backend::LocalBackend::new(store);
    match attune_tui::run(setup, &mut backend) {
        Ok(Ended::Quit) => ExitCode::SUCCESS,
        // Said to nobody: the terminal is gone.
        Ok(Ended::HungUp) => ExitCode::from(130),
        Ok(Ended::Panicked) => ExitCode::from(1),
        Err(error) => {
            output::note(format!(
                "error: the screens cannot use this terminal: {}",
                attune_core::describe::of_system(&error)
            ));
            ExitCode::from(1)
        }
    }
}
