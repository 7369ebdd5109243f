//! Programs that are evaluators, started once: what one says of itself is kept for as long as its files are the same.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use attune_core::evaluator::EvaluatorFactory;
use attune_workers::{StartError, WorkerFactory};

/// A command, and when each word of it that is a file was written.
type Key = Vec<(String, Option<SystemTime>)>;

static KNOWN: Mutex<BTreeMap<Key, Arc<WorkerFactory>>> = Mutex::new(BTreeMap::new());

/// The evaluator that a command is, whose words are found from here.
///
/// # Errors
/// When it cannot be started or does not speak the protocol.
pub(super) fn started(command: &[String]) -> Result<Arc<dyn EvaluatorFactory>, StartError> {
    let written = |word: &String| Path::new(word).metadata().ok()?.modified().ok();
    let key: Key = command.iter().map(|word| (word.clone(), written(word))).collect();
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(factory) = known().get(&key) {
        return Ok(Arc::clone(factory) as Arc<dyn EvaluatorFactory>);
    }
    let factory = Arc::new(WorkerFactory::start(command)?);
    known().insert(key, Arc::clone(&factory));
    Ok(factory)
}
