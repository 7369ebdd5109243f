//! Programs that are evaluators, started once: what one says of itself is kept for as long as its files are the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use attune_core::evaluator::EvaluatorFactory;
use attune_workers::{Limits, WorkerCommand, WorkerError, WorkerFactory};

/// What a profile calls the evaluator, where that is not what it calls itself; and its command, with the time at which each
/// word of it that is a file was written.
type Key = (Option<&'static str>, Vec<(String, Option<SystemTime>)>);

static KNOWN: Mutex<BTreeMap<Key, Arc<WorkerFactory>>> = Mutex::new(BTreeMap::new());

/// The evaluator that a command is, whose words are found from here; `called` is what a profile calls it, where it is known by
/// a name.
///
/// # Errors
/// When it cannot be started or does not speak the protocol.
pub(super) fn started(
    command: &[String],
    called: Option<&'static str>,
) -> Result<Arc<dyn EvaluatorFactory>, WorkerError> {
    let written = |word: &String| Path::new(word).metadata().ok()?.modified().ok();
    let key: Key = (called, command.iter().map(|word| (word.clone(), written(word))).collect());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(factory) = known().get(&key) {
        return Ok(Arc::clone(factory) as Arc<dyn EvaluatorFactory>);
    }
    let (program, arguments) = command.split_first().map_or(("", command), |(first, rest)| (first, rest));
    let command = arguments.iter().fold(WorkerCommand::new(program), WorkerCommand::arg);
    let factory = WorkerFactory::start(command, Limits::default())?;
    let factory = Arc::new(match called {
        Some(name) => factory.called(name),
        None => factory,
    });
    known().insert(key, Arc::clone(&factory));
    Ok(factory)
}
