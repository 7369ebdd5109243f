//! Programs that are evaluators, started once: what one says of itself is kept for as long as its files are the same.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use attune_core::evaluator::{EvaluatorFactory, RunControl};
use attune_core::profile::command_text;
use attune_workers::{Limits, WorkerCommand, WorkerError, WorkerFactory};

/// Files beside a program that are looked at, at most.
const MOST: usize = 256;

/// What is started, and what it is known by.
#[derive(Clone, PartialEq)]
struct Asked {
    /// What a profile calls the evaluator, where that is not what it calls itself.
    called: Option<&'static str>,
    command: Vec<String>,
    /// When the files of the command were written, and those of their kind beside them, which they may import.
    written: Vec<(PathBuf, SystemTime)>,
}

/// A program that has been asked for.
struct Start {
    asked: Asked,
    since: Instant,
    /// Ends the wait for what it says of itself.
    stop: RunControl,
    /// What came of it, once it is known: whoever asks meanwhile waits for the one process.
    done: OnceLock<Result<Arc<WorkerFactory>, WorkerError>>,
}

static KNOWN: Mutex<Vec<Arc<Start>>> = Mutex::new(Vec::new());

fn known() -> MutexGuard<'static, Vec<Arc<Start>>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The evaluator that a command is, whose words are found from here; `called` is what a profile calls it, where it is known by
/// a name.
///
/// A process that was asked who it is waits to be opened. Only that of the last command does: nobody asks for what a program
/// was before it was written anew, and what else was asked for before is started again when it is wanted.
///
/// # Errors
/// When it cannot be started or does not speak the protocol.
pub(super) fn started(
    command: &[String],
    called: Option<&'static str>,
) -> Result<Arc<dyn EvaluatorFactory>, WorkerError> {
    let written = command.iter().flat_map(|word| written(Path::new(word))).collect();
    let asked = Asked { called, command: command.to_vec(), written };
    let start = {
        let mut known = known();
        match known.iter().find(|start| start.asked == asked) {
            Some(start) => Arc::clone(start),
            None => {
                let (since, stop) = (Instant::now(), RunControl::default());
                let start = Arc::new(Start { asked, since, stop, done: OnceLock::new() });
                known.push(Arc::clone(&start));
                start
            }
        }
    };
    let mut own = false;
    let done = start.done.get_or_init(|| {
        own = true;
        start.begin()
    });
    if own {
        start.replace_others(done.is_ok());
    }
    done.clone().map(|factory| factory as Arc<dyn EvaluatorFactory>)
}

impl Start {
    fn begin(&self) -> Result<Arc<WorkerFactory>, WorkerError> {
        let (program, arguments) = match self.asked.command.split_first() {
            Some((program, arguments)) => (program.as_str(), arguments),
            None => ("", &[][..]),
        };
        let command = arguments.iter().fold(WorkerCommand::new(program), WorkerCommand::arg);
        let factory = WorkerFactory::start_unless(command, Limits::default(), &self.stop)?;
        Ok(Arc::new(match self.asked.called {
            Some(name) => factory.called(name),
            None => factory,
        }))
    }

    /// What failed is tried again when it is asked for again. What was started leaves no other process waiting, and is what its
    /// command is from now on.
    fn replace_others(&self, succeeded: bool) {
        let others: Vec<Arc<Start>> = {
            let mut known = known();
            if !succeeded {
                known.retain(|start| start.asked != self.asked);
                return;
            }
            let others = known.iter().filter(|start| start.asked != self.asked).cloned().collect();
            known.retain(|start| start.asked == self.asked || !start.asked.is_of(&self.asked));
            others
        };
        // Not under the lock: a process may take its time to end.
        for other in others {
            match other.done.get() {
                Some(Ok(factory)) => factory.rest(),
                None if other.asked.is_of(&self.asked) => other.stop.ask(),
                _ => {}
            }
        }
    }
}

impl Asked {
    /// Whether both are one command.
    fn is_of(&self, other: &Self) -> bool {
        (self.called, &self.command) == (other.called, &other.command)
    }
}

/// Programs that were started and have not yet said what they evaluate, each with how long that takes by now: for whoever
/// tells a person what is being waited for.
pub fn starting() -> Vec<(String, Duration)> {
    let known = known();
    let late = known.iter().filter(|start| start.done.get().is_none());
    late.map(|start| (command_text(&start.asked.command), start.since.elapsed())).collect()
}

/// No longer waits for any program but that of `command` to say what it is: a person has changed it meanwhile.
#[cfg(feature = "backend")]
pub(crate) fn wait_for_none_but(command: &[String]) {
    let known = known();
    let others = known.iter().filter(|start| start.done.get().is_none() && start.asked.command != command);
    others.for_each(|start| start.stop.ask());
}

/// When a file was written, and those beside it with the same extension; nothing of what is no file.
fn written(file: &Path) -> Vec<(PathBuf, SystemTime)> {
    let when = |file: PathBuf| {
        let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some((file, metadata.modified().ok()?))
    };
    let Some(own) = when(file.to_owned()) else { return Vec::new() };
    let beside = file.extension().zip(file.parent()).and_then(|(kind, folder)| {
        let entries = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
        Some(entries.filter(|other| other.extension() == Some(kind)).take(MOST).filter_map(when).collect())
    });
    let mut all: Vec<(PathBuf, SystemTime)> = beside.unwrap_or_default();
    all.push(own);
    all.sort_unstable();
    all.dedup();
    all
}
