//! The attune command line: it parses, calls the library and prints; the only crate that prints.

mod args;
mod commands;
mod completions;
mod error;
mod help;
mod output;
mod paths;
mod patience;
mod screens;
mod signals;
mod topics;
mod usage;
mod view;

use std::path::Path;
use std::process::ExitCode;

use args::Command;
use error::CliError;

/// Parses the command line, runs the command and renders its error.
pub fn main() -> ExitCode {
    output::escape_panics();
    let code = run();
    // Evaluators of other processes that nobody has let go of.
    attune::evaluators::end_all();
    code
}

fn run() -> ExitCode {
    if let Some(code) = commands::completions::answer() {
        return code;
    }
    let args = match usage::parse() {
        Ok(args) => args,
        Err(code) => return code,
    };
    let Some(command) = args.command else { return screens::open(&args.store) };
    let as_json = command.is_json();
    patience::watch();
    let watched = signals::watch();
    let watched = if command.needs_signals() { watched } else { Ok(()) };
    let result = watched.and_then(|()| obey(&command, &args.store));
    signals::unless_leaving();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(error.message());
            if let Some(event) = error.event().filter(|_| as_json) {
                // A standard output that cannot be written to is what the error is about, or nobody reads it.
                drop(output::json(&event));
            }
            ExitCode::from(error.code())
        }
    }
}

fn obey(command: &Command, store: &Path) -> Result<(), CliError> {
    match command {
        Command::Run(run) => commands::run::run(store, run),
        Command::Studies { json, command: None } => commands::studies::run(store, *json),
        Command::Studies { command: Some(command), .. } => commands::studies::handle::run(store, command),
        Command::Continue(asked) => commands::run::go_on(store, asked),
        Command::Compare { a, b, json } => commands::compare::run(store, [a, b], *json),
        Command::Show { study, json } => commands::show::run(store, study, *json),
        Command::Sensitivities(asked) => commands::sensitivities::run(store, asked),
        Command::Export(export) => commands::export::run(store, export),
        Command::Technique(command) => commands::technique::run(command),
        Command::Evaluator(command) => commands::evaluator::run(command),
        Command::Target(command) => commands::target::run(command),
        Command::Doctor { repair } => commands::doctor::run(store, *repair),
        Command::Help { about } => help::run(about),
        Command::Man { out } => commands::man::run(out),
        Command::Completions { shell } => commands::completions::run(*shell),
    }
}
