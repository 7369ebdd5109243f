//! The engines that are on this machine, asked by the Python package `attune-engines`.

mod answer;

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use attune_workers::WorkerCommand;
use serde_json::Value as Json;

pub use answer::{Answered, Apart, Figures, ItemFigures, Losses, Made};

pub use crate::error::{EngineError, NoPackage};
use crate::factory::engines_command;

/// Lines of the package's standard error that a message shows.
const TAIL: usize = 3;
/// How long the package may take to list engines, which starts none: Python reads what is installed, which on a machine under load took
/// longer than 30 s.
const PATIENCE: Duration = Duration::from_secs(120);
/// The variable with the folder of the model, for engines that are given what was exported beside it: arguments, say.
const MODEL: &str = "ATTUNE_MODEL";

/// An engine that the package can ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engine {
    /// Its name, as descriptions of targets have it.
    pub name: String,
    /// The version that is installed, if one is.
    pub version: Option<String>,
    /// The command that brings it.
    pub install: String,
    /// Whether it makes a checkpoint of what was exported, and runs none.
    pub makes: bool,
}

/// The package, where it is.
#[derive(Clone, Debug)]
pub struct Engines {
    command: Vec<String>,
}

/// What an engine is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) engine: &'a str,
    /// What was exported.
    pub(crate) folder: &'a Path,
    /// The model that it was made of; an absolute path.
    pub(crate) model: &'a Path,
    /// Outputs of the evaluator.
    pub(crate) reference: &'a Path,
    /// The same without the plan.
    pub(crate) control: &'a Path,
    /// Whether the engine may run code that comes with the folder.
    pub(crate) run_code: bool,
}

impl Engines {
    /// Looks for the package, as for the evaluator `torch`; `ATTUNE_ENGINES_PYTHON` may name the Python that has it.
    ///
    /// # Errors
    /// When no Python has it.
    pub fn find() -> Result<Self, NoPackage> {
        Ok(Self { command: engines_command()? })
    }

    /// All engines that it knows. None is started.
    ///
    /// # Errors
    /// When the package does not answer.
    pub fn list(&self) -> Result<Vec<Engine>, EngineError> {
        let (said, output) = self.ask(self.command(&["list".as_ref()]), Some(PATIENCE))?;
        answer::engines(&said).ok_or_else(|| self.nonsense("lists no engines", &output))
    }

    /// What a folder computes, beside what it should.
    ///
    /// # Errors
    /// When the engine refuses it, or the package does not answer.
    pub(crate) fn verify(&self, question: &Question<'_>) -> Result<Answered, EngineError> {
        let Question { engine, folder, model, reference, control, run_code } = question;
        let mut arguments = vec![
            "verify".as_ref(),
            "--engine".as_ref(),
            engine.as_ref(),
            "--folder".as_ref(),
            folder.as_os_str(),
            "--reference".as_ref(),
            reference.as_os_str(),
            "--control".as_ref(),
            control.as_os_str(),
        ];
        if *run_code {
            arguments.push("--run-code".as_ref());
        }
        self.answer(engine, self.command(&arguments).env(MODEL, *model), answer::answered)
    }

    /// What an engine makes of the document in `folder`, beside the checkpoint there; and of that in `control`.
    ///
    /// # Errors
    /// When the engine refuses it, or the package does not answer.
    pub(crate) fn make(
        &self,
        engine: &str,
        folder: &Path,
        model: &Path,
        control: &Path,
    ) -> Result<Made, EngineError> {
        let arguments = [
            "make".as_ref(),
            "--engine".as_ref(),
            engine.as_ref(),
            "--folder".as_ref(),
            folder.as_os_str(),
            "--model".as_ref(),
            model.as_os_str(),
            "--control".as_ref(),
            control.as_os_str(),
        ];
        self.answer(engine, self.command(&arguments), answer::made)
    }

    /// The answer of an engine, unless it refuses.
    fn answer<T>(
        &self,
        engine: &str,
        command: WorkerCommand,
        read: fn(&Json) -> Option<T>,
    ) -> Result<T, EngineError> {
        // A large model may take any time; whoever stops attune ends the engine with it.
        let (said, output) = self.ask(command, None)?;
        let text = |key: &str| said.get(key).and_then(Json::as_str).map(str::to_owned);
        if let Some(message) = text("error") {
            let version = text("version").unwrap_or_else(|| "(not installed)".to_owned());
            return Err(EngineError::Refused { engine: engine.to_owned(), version, message });
        }
        read(&said).ok_or_else(|| self.nonsense("answers without figures", &output))
    }

    fn command(&self, arguments: &[&OsStr]) -> WorkerCommand {
        let words = self.command[1..].iter().map(OsStr::new).chain(arguments.iter().copied());
        words.fold(WorkerCommand::new(&self.command[0]), WorkerCommand::arg)
    }

    fn ask(&self, command: WorkerCommand, patience: Option<Duration>) -> Result<(Json, Output), EngineError> {
        let output = attune_workers::output(&command, patience).map_err(|error| EngineError::Nonsense {
            command: self.command.join(" "),
            what: match (error.kind(), patience) {
                (ErrorKind::TimedOut, Some(patience)) => format!("says nothing for {} s", patience.as_secs()),
                _ => format!("cannot be run: {}", attune_core::describe::of_system(&error)),
            },
            tail: String::new(),
        })?;
        let said = String::from_utf8_lossy(&output.stdout);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        match serde_json::from_str(last) {
            Ok(object @ Json::Object(_)) => Ok((object, output)),
            _ => Err(self.nonsense(&format!("ends with {}", output.status), &output)),
        }
    }

    fn nonsense(&self, what: &str, output: &Output) -> EngineError {
        let errors = String::from_utf8_lossy(&output.stderr);
        let mut lines: Vec<&str> =
            errors.lines().rev().filter(|line| !line.trim().is_empty()).take(TAIL).collect();
        lines.reverse();
        let tail = match lines.is_empty() {
            true => String::new(),
            false => format!("; the last lines of its standard error: {}", lines.join(" | ")),
        };
        EngineError::Nonsense { command: self.command.join(" "), what: what.to_owned(), tail }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A package that does what a script of the shell does.
    fn engines(script: &str) -> Engines {
        Engines { command: ["sh", "-c", script, "engines"].map(str::to_owned).to_vec() }
    }

    #[test]
    fn an_engine_is_told_where_the_model_is() {
        let engines = engines(r#"echo '{"version": "1", "error": "'"$2 $3 of $ATTUNE_MODEL"'"}'"#);
        let question = Question {
            engine: "vLLM",
            folder: Path::new("out"),
            model: Path::new("/models/tiny"),
            reference: Path::new("reference"),
            control: Path::new("control"),
            run_code: false,
        };
        let refused = engines.verify(&question).unwrap_err().to_string();
        assert_eq!(refused, "vLLM 1 refuses --engine vLLM of /models/tiny");
    }

    #[test]
    fn an_engine_that_makes_a_checkpoint_is_told_of_document_model_and_control() {
        let engines = engines(r#"echo '{"version": "1", "error": "'"$1 $3 $5 $7 $9"'"}'"#);
        let [out, model, control] = ["out", "/models/mix", "control"].map(Path::new);
        let refused = engines.make("mergekit-pytorch", out, model, control).unwrap_err().to_string();
        assert_eq!(refused, "mergekit-pytorch 1 refuses make mergekit-pytorch out /models/mix control");
    }

    #[test]
    fn a_package_that_says_nothing_is_not_waited_for() {
        let engines = engines("sleep 1000");
        let late = engines.ask(engines.command(&[]), Some(Duration::from_secs(1))).unwrap_err().to_string();
        assert!(late.contains("says nothing for 1 s"), "{late}");
    }
}
