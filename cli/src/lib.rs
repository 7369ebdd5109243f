//! The attune command line: the composition root, and the only crate that prints.
#![expect(clippy::print_stderr, reason = "this crate renders errors and progress for people")]

mod args;
mod commands;
#[cfg(unix)]
mod desk;
mod error;
mod model_files;
mod model_folder;
mod output;
mod screens;
mod setup;
mod view;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};

/// Parses the command line, runs the command and renders its error.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let Some(command) = args.command else { return screens::open(&args.store) };
    let result = match command {
        Command::Run(run) => commands::run::run(&args.store, &run),
        Command::Studies { json } => commands::studies::run(&args.store, json),
        Command::Show { study, json } => commands::show::run(&args.store, &study, json),
        Command::Export(export) => commands::export::run(&args.store, &export),
        Command::Technique(command) => commands::technique::run(&command),
        Command::Doctor { repair } => commands::doctor::run(&args.store, repair),
        Command::Completions { shell } => commands::completions::run(shell),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", error.message());
            error.code()
        }
    }
}
