//! Programs that are evaluators, started once: what one says of itself is kept for as long as its files are the same.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use attune_core::evaluator::EvaluatorFactory;
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

static KNOWN: Mutex<Vec<(Asked, Arc<WorkerFactory>)>> = Mutex::new(Vec::new());

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
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, factory)) = known().iter().find(|(other, _)| *other == asked) {
        return Ok(Arc::clone(factory) as Arc<dyn EvaluatorFactory>);
    }
    let (program, arguments) = command.split_first().map_or(("", command), |(first, rest)| (first, rest));
    let start = arguments.iter().fold(WorkerCommand::new(program), WorkerCommand::arg);
    let factory = {
        let _said = Starting::new(&start);
        WorkerFactory::start(start, Limits::default())?
    };
    let factory = Arc::new(match called {
        Some(name) => factory.called(name),
        None => factory,
    });
    let others: Vec<Arc<WorkerFactory>> = {
        let mut known = known();
        let others = known.iter().map(|(_, other)| Arc::clone(other)).collect();
        known.retain(|(other, _)| (other.called, &other.command) != (asked.called, &asked.command));
        known.push((asked, Arc::clone(&factory)));
        others
    };
    // Not under the lock: a process may take its time to end.
    others.iter().for_each(|other| other.rest());
    Ok(factory)
}

static STARTING: Mutex<Vec<(String, Instant)>> = Mutex::new(Vec::new());

/// Programs that were started and have not yet said what they evaluate, each with how long that takes by now: for whoever
/// tells a person what is being waited for.
pub fn starting() -> Vec<(String, Duration)> {
    let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    starting.iter().map(|(command, since)| (command.clone(), since.elapsed())).collect()
}

/// A program that is being started; dropped once it has said what it is, or never will.
struct Starting((String, Instant));

impl Starting {
    fn new(command: &WorkerCommand) -> Self {
        let own = (command.to_string(), Instant::now());
        STARTING.lock().unwrap_or_else(PoisonError::into_inner).push(own.clone());
        Self(own)
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        let mut starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = starting.iter().position(|other| *other == self.0) {
            starting.remove(at);
        }
    }
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
