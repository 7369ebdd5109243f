//! A worker that does as it is told, for tests: it scores plans by a formula, and can be made to break every rule.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a program of tests: what it stumbles over, they see"
)]

mod conversation;
mod faults;
mod replay;
mod subject;

use std::process::ExitCode;

fn main() -> ExitCode {
    let faults = faults::Faults::of(std::env::args().skip(1));
    match &faults.replay {
        Some(transcript) => replay::run(transcript, faults.notes.as_deref()),
        None => conversation::run(faults),
    }
}
