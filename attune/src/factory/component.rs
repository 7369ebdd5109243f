//! Evaluators that are components: those that travel with the program by name, others by their file, each loaded once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use attune_plugins::{BUILTIN_EVALUATORS, ComponentEvaluator, EvaluatorError};

/// How the file of a component ends.
const FILE: &str = ".wasm";
/// Components that are kept; beyond that the one that was loaded first is forgotten.
const MOST: usize = 32;

/// Where a component comes from.
#[derive(Clone, PartialEq)]
enum Source {
    Builtin(String),
    /// A file as it was: its time and its size.
    File(PathBuf, Option<(SystemTime, u64)>),
}

/// What was loaded, in that order.
static KNOWN: Mutex<Vec<(Source, Arc<ComponentEvaluator>)>> = Mutex::new(Vec::new());

fn known() -> MutexGuard<'static, Vec<(Source, Arc<ComponentEvaluator>)>> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a name is the path of a component.
pub(crate) fn is_file(name: &str) -> bool {
    name.ends_with(FILE)
}

/// Whether a name is that of a component that travels with the program.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTIN_EVALUATORS.contains(&name)
}

/// The component of this name, or in this file, relative to `base`. A file that was written anew is another one.
///
/// # Errors
/// See [`EvaluatorError`].
pub(super) fn find(name: &str, base: &Path) -> Result<Arc<ComponentEvaluator>, EvaluatorError> {
    let source = match is_file(name) {
        true => {
            let path = base.join(name);
            let metadata = path.metadata().ok();
            let written = metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
            Source::File(path, written)
        }
        false => Source::Builtin(name.to_owned()),
    };
    if let Some((_, loaded)) = known().iter().find(|(of, _)| *of == source) {
        return Ok(Arc::clone(loaded));
    }
    // Not under the lock: compiling takes its time.
    let loaded = Arc::new(match &source {
        Source::Builtin(name) => ComponentEvaluator::builtin(name)?,
        Source::File(path, _) => ComponentEvaluator::load(path)?,
    });
    let mut known = known();
    if known.len() >= MOST {
        known.remove(0);
    }
    known.push((source, Arc::clone(&loaded)));
    Ok(loaded)
}
