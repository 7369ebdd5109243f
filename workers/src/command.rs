//! The command of a worker.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use attune_core::printable;

/// Characters of a command that messages repeat.
const CHARACTERS: usize = 160;

/// How a worker is started: without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    /// A program of the path, or the path of one.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where it runs; `None` is where this process does.
    pub folder: Option<PathBuf>,
    /// Variables that it has beside those of this process.
    pub environment: Vec<(OsString, OsString)>,
}

impl WorkerCommand {
    /// `program` without arguments.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self { program: program.into(), args: Vec::new(), folder: None, environment: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Runs in `folder`.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }
}

impl fmt::Display for WorkerCommand {
    /// As one would type it, near enough; a long one is cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [&self.program].into_iter().chain(&self.args).map(|word| {
            let word = word.to_string_lossy();
            match word.is_empty() || word.contains(char::is_whitespace) {
                true => format!("{word:?}"),
                false => word.into_owned(),
            }
        });
        let text = words.collect::<Vec<_>>().join(" ");
        write!(f, "{}", printable::line(&text, CHARACTERS))
    }
}
