//! Programs that are evaluators, started once: what one says of itself is kept for as long as its files are the same.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use attune_core::evaluator::{EvaluatorFactory, RunControl};
#[cfg(feature = "backend")]
use attune_core::profile::EvaluatorChoice;
use attune_core::profile::command_text;
use attune_workers::{Limits, WorkerCommand, WorkerError, WorkerFactory};

#[cfg(feature = "backend")]
use super::command::beside;

/// Files beside a program that are looked at, at most.
const MOST: usize = 256;

/// What is started, and what it is known by.
#[derive(Clone, PartialEq)]
struct Asked {
    /// What a profile calls the evaluator, where that is not what it calls itself.
    called: Option<&'static str>,
    command: Vec<String>,
    /// When the files of the command were written, and those of their kind in the same folder, which they may import; not those
    /// of packages below it, nor what `-m` names.
    written: Vec<(PathBuf, SystemTime)>,
}

/// A program that has been asked for.
struct Start {
    asked: Asked,
    since: Instant,
    /// Its place in the order in which programs were asked for last.
    turn: AtomicU64,
    /// Somebody waits for it who is no form, and will not have it called off.
    kept: AtomicBool,
    /// Ends the wait for what it says of itself.
    stop: RunControl,
    /// What came of it, once it is known: whoever asks meanwhile waits for the one process.
    done: OnceLock<Result<Arc<WorkerFactory>, WorkerError>>,
}

/// What was started and is not called off or replaced.
static KNOWN: Mutex<Vec<Arc<Start>>> = Mutex::new(Vec::new());
/// How often a program has been asked for.
static TURNS: AtomicU64 = AtomicU64::new(0);

fn known() -> MutexGuard<'static, Vec<Arc<Start>>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The evaluator that a command is, whose words are found from here; `called` is what a profile calls it, where it is known by
/// a name. What only forms wait for, as `form` says, is called off once they name another one.
///
/// A process that was asked who it is waits to be opened. Only that of the last command does: nobody asks for what a program
/// was before it was written anew, and what else was asked for before is started again when it is wanted.
///
/// # Errors
/// When it cannot be started or does not speak the protocol.
pub(super) fn started(
    command: &[String],
    called: Option<&'static str>,
    form: bool,
) -> Result<Arc<dyn EvaluatorFactory>, WorkerError> {
    let written = command.iter().flat_map(|word| written(Path::new(word))).collect();
    let asked = Asked { called, command: command.to_vec(), written };
    let start = {
        let mut known = known();
        let start = match known.iter().find(|start| start.asked == asked) {
            Some(start) => Arc::clone(start),
            None => {
                let start = Arc::new(Start::new(asked));
                known.push(Arc::clone(&start));
                start
            }
        };
        start.turn.store(TURNS.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        start.kept.fetch_or(!form, Ordering::Relaxed);
        start
    };
    let mut own = false;
    let done = start.done.get_or_init(|| {
        own = true;
        start.begin()
    });
    if own {
        start.settle(done.as_ref().ok());
    }
    done.clone().map(|factory| factory as Arc<dyn EvaluatorFactory>)
}

impl Start {
    fn new(asked: Asked) -> Self {
        Self {
            asked,
            since: Instant::now(),
            turn: AtomicU64::default(),
            kept: AtomicBool::default(),
            stop: RunControl::default(),
            done: OnceLock::new(),
        }
    }

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

    /// What failed is tried again when it is asked for again. What was started leaves no other process waiting of those that
    /// were asked for before it, and is what its command is from now on; unless it is called off or late itself.
    fn settle(&self, factory: Option<&Arc<WorkerFactory>>) {
        let is_own = |start: &Arc<Self>| std::ptr::eq(Arc::as_ptr(start), self);
        let (late, others) = {
            let mut known = known();
            let turn = self.turn();
            let called_off = !known.iter().any(is_own);
            let newer = || known.iter().filter(|start| start.turn() > turn);
            let replaced = called_off || newer().any(|start| start.asked.is_of(&self.asked));
            let late = replaced || newer().any(|start| matches!(start.done.get(), Some(Ok(_))));
            if factory.is_none() || replaced {
                known.retain(|start| !is_own(start));
            }
            let mut others: Vec<Arc<Self>> = Vec::new();
            if factory.is_some() && !replaced {
                others.extend(known.iter().filter(|start| start.turn() < turn).cloned());
                known.retain(|start| start.turn() >= turn || !start.asked.is_of(&self.asked));
            }
            (late, others)
        };
        // Not under the lock: a process may take its time to end.
        if let Some(factory) = factory
            && late
            && !self.is_kept()
        {
            factory.rest();
        }
        for other in others {
            match other.done.get() {
                Some(Ok(factory)) => factory.rest(),
                None if other.asked.is_of(&self.asked) && !other.is_kept() => other.stop.ask(),
                _ => {}
            }
        }
    }

    fn turn(&self) -> u64 {
        self.turn.load(Ordering::Relaxed)
    }

    fn is_kept(&self) -> bool {
        self.kept.load(Ordering::Relaxed)
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

/// No longer waits for what only forms wait for, but for the evaluator of `choice` in the folder `base`, to say what it is: a
/// person has changed it meanwhile. What is called off is no longer known, so that nobody who asks for it again waits for it.
#[cfg(feature = "backend")]
pub(crate) fn wait_for_none_but(choice: &EvaluatorChoice, base: &Path) {
    let command = beside(&choice.command, base);
    let is_meant = |asked: &Asked| match asked.called {
        // Its command is found by its name.
        Some(name) => command.is_empty() && name == choice.name,
        None => asked.command == command,
    };
    known().retain(|start| {
        let goes_on = start.done.get().is_some() || start.is_kept() || is_meant(&start.asked);
        if !goes_on {
            start.stop.ask();
        }
        goes_on
    });
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
        let mut files: Vec<PathBuf> = entries.filter(|other| other.extension() == Some(kind)).collect();
        // By name: which of many are looked at must not depend on the order in which a folder lists them.
        files.sort_unstable();
        Some(files.into_iter().take(MOST).filter_map(when).collect())
    });
    let mut all: Vec<(PathBuf, SystemTime)> = beside.unwrap_or_default();
    all.push(own);
    all.sort_unstable();
    all.dedup();
    all
}
