//! Plays the worker's part of a transcript, and insists on the host's.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

/// Lines of the transcript begin with `> ` (the host), `< ` (the worker) or `#`.
pub(crate) fn run(transcript: &Path, notes: Option<&Path>) -> ExitCode {
    let text = std::fs::read_to_string(transcript).unwrap();
    let mut host = std::io::stdin().lock().lines();
    let mut out = std::io::stdout();
    for line in text.lines() {
        if let Some(expected) = line.strip_prefix("> ") {
            let found = host.next().and_then(Result::ok).unwrap_or_default();
            // Versions of the host come and go.
            let json = |text: &str| {
                let mut line = serde_json::from_str::<Value>(text).unwrap_or_default();
                line.as_object_mut().map(|line| line.remove("host"));
                line
            };
            if json(expected) != json(&found) {
                eprintln!("expected {expected}");
                eprintln!("found    {found}");
                return ExitCode::FAILURE;
            }
            if let Some(notes) = notes {
                std::fs::write(notes.join("said"), expected).unwrap();
            }
        } else if let Some(said) = line.strip_prefix("< ") {
            writeln!(out, "{said}").and_then(|()| out.flush()).unwrap();
        }
    }
    if let Some(notes) = notes {
        std::fs::write(notes.join("replayed"), "").unwrap();
    }
    ExitCode::SUCCESS
}
