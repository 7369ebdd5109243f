//! The attune command line: it parses, calls the library and prints; the only crate that prints.

mod args;
mod commands;
mod completions;
mod error;
mod output;
mod paths;
mod screens;
mod signals;
mod usage;
mod view;

use std::process::ExitCode;

use args::Command;

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
    let result = match command {
        Command::Run(run) => commands::run::run(&args.store, &run),
        Command::Studies { json, command: None } => commands::studies::run(&args.store, json),
        Command::Studies { command: Some(command), .. } => {
            commands::studies::handle::run(&args.store, &command)
        }
        Command::Continue(asked) => commands::run::go_on(&args.store, &asked),
        Command::Compare { a, b, json } => commands::compare::run(&args.store, [&a, &b], json),
        Command::Show { study, json } => commands::show::run(&args.store, &study, json),
        Command::Export(export) => commands::export::run(&args.store, &export),
        Command::Technique(command) => commands::technique::run(&command),
        Command::Evaluator(command) => commands::evaluator::run(&command),
        Command::Target(command) => commands::target::run(&command),
        Command::Doctor { repair } => commands::doctor::run(&args.store, repair),
        Command::Completions { shell } => commands::completions::run(shell),
    };
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
