//! A component as an evaluator that can be opened.

use std::path::Path;
use std::sync::Arc;

use attune_core::evaluator::{EvaluatorFactory, EvaluatorSpec, OpenFailure, Opening, Prepared};
use attune_core::hash::ContentHash;
use attune_core::suggest::hint;
use attune_core::technique::FailureKind;
use attune_files::ReadError;
use wasmtime::Error;
use wasmtime::component::{HasSelf, Linker};

use super::convert;
use super::error::EvaluatorError;
use super::instance::{Call, Instance, Stopped};
use super::loaded::Loaded;
use super::prepared::PreparedSimulation;
use super::wire::{Simulator, SimulatorPre};
use crate::compiled::{self, NotCompiled};
use crate::convert::BadOutput;
use crate::limits::Limits;
use crate::log::{Log, LogLine, LogSink};
use crate::sandbox::Sandbox;
use crate::world::{self, World};
use crate::{contents, wasi};

/// Names of the evaluators that travel with the program as components, in order.
pub const BUILTIN_EVALUATORS: [&str; 5] =
    ["checkpoint-codec", "frame-rate", "memory-plan", "node-sleep", "queue-policy"];

const COMPONENTS: [&[u8]; BUILTIN_EVALUATORS.len()] = [
    include_bytes!("../../dist/checkpoint-codec-evaluator.wasm"),
    include_bytes!("../../dist/frame-rate-evaluator.wasm"),
    include_bytes!("../../dist/memory-plan-evaluator.wasm"),
    include_bytes!("../../dist/node-sleep-evaluator.wasm"),
    include_bytes!("../../dist/queue-policy-evaluator.wasm"),
];

/// An evaluator that is a component, and has said what it evaluates.
pub struct ComponentEvaluator {
    loaded: Arc<Loaded>,
}

impl ComponentEvaluator {
    /// Loads an evaluator that travels with the program, exactly as the file of a third party.
    ///
    /// # Errors
    /// [`EvaluatorError::Unknown`] with the nearest name; or the evaluator's own failure.
    pub fn builtin(name: &str) -> Result<Self, EvaluatorError> {
        match BUILTIN_EVALUATORS.iter().position(|known| *known == name) {
            Some(position) => Self::of(name, COMPONENTS[position]),
            None => Err(EvaluatorError::Unknown {
                name: name.to_owned(),
                hint: hint(name, BUILTIN_EVALUATORS),
                known: BUILTIN_EVALUATORS.join(", "),
            }),
        }
    }

    /// Loads a component from a file.
    ///
    /// # Errors
    /// See [`EvaluatorError`]; messages name the file.
    pub fn load(path: &Path) -> Result<Self, EvaluatorError> {
        let content =
            attune_files::bytes(path, Limits::EVALUATOR_RUNTIME.file).map_err(|error| match error {
                ReadError::TooLarge { path, bytes, limit } => EvaluatorError::TooLarge { path, bytes, limit },
                other => EvaluatorError::Read(other),
            })?;
        Self::of(&path.display().to_string(), &content)
    }

    /// Loads a component from its bytes. `label` names it in messages until it has told its name.
    ///
    /// # Errors
    /// [`EvaluatorError::WrongWorld`] when the bytes are no evaluator; otherwise what happens in `describe`.
    pub fn of(label: &str, bytes: &[u8]) -> Result<Self, EvaluatorError> {
        let wrong = |reason: String| EvaluatorError::WrongWorld { evaluator: label.to_owned(), reason };
        let failed = |kind| EvaluatorError::Describe { evaluator: label.to_owned(), kind };
        if let Some(complaint) = world::complain_about_bytes(bytes, World::Evaluator) {
            return Err(wrong(complaint));
        }
        let limits =
            contents::limits_of(bytes, [&Limits::EVALUATOR, &Limits::EVALUATOR_RUNTIME]).map_err(wrong)?;
        let engine = compiled::engine(limits)?;
        let component = compiled::component(&engine, limits, bytes).map_err(|problem| match problem {
            NotCompiled::Invalid(reason) => wrong(format!("it is not a valid component: {reason}")),
            NotCompiled::TooSlow => failed(FailureKind::TooSlow { seconds: limits.compile_seconds }),
        })?;
        if let Some(complaint) = world::complain_about_names(&component, &engine, World::Evaluator) {
            return Err(wrong(complaint));
        }
        let linked = || -> Result<SimulatorPre<Sandbox>, Error> {
            let mut linker = Linker::new(&engine);
            Simulator::add_to_linker::<_, HasSelf<_>>(&mut linker, |sandbox| sandbox)?;
            wasi::link(&mut linker, &component)?;
            SimulatorPre::new(linker.instantiate_pre(&component)?)
        };
        let simulator =
            linked().map_err(|error| wrong(world::complain_about_types(&error, World::Evaluator)))?;
        let log = Arc::new(Log::new(Arc::new(|_: &LogLine| {})));
        let mut instance = Instance::new(&simulator, limits, &log, label).map_err(&failed)?;
        let description = instance
            .call(&Call::default(), |guest, store| guest.call_describe(store))
            .map_err(|stopped| match stopped {
                Stopped::Failed(kind) => failed(kind),
                Stopped::Interrupted | Stopped::Late => {
                    failed(FailureKind::Trapped("interrupted".to_owned()))
                }
            })?;
        let described = convert::description(description)
            .map_err(|BadOutput(problem)| failed(FailureKind::BadOutput(problem)))?;
        let hash = ContentHash::of(bytes);
        Ok(Self { loaded: Arc::new(Loaded { simulator, limits, log, described, hash }) })
    }

    /// The same, which hands every line that it logs from now on to `sink`.
    #[must_use]
    pub fn telling(&self, sink: LogSink) -> Self {
        let Loaded { simulator, limits, described, hash, .. } = &*self.loaded;
        let loaded = Loaded {
            simulator: simulator.clone(),
            limits,
            log: Arc::new(Log::new(sink)),
            described: described.clone(),
            hash: *hash,
        };
        Self { loaded: Arc::new(loaded) }
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.loaded.described.version
    }

    /// Names of the facts that techniques are told, each with a sentence.
    pub fn facts(&self) -> &[(String, String)] {
        &self.loaded.described.facts
    }

    /// Hash of the component's bytes.
    pub fn fingerprint(&self) -> ContentHash {
        self.loaded.hash
    }

    /// The limits that it is held to.
    pub fn limits(&self) -> &'static Limits {
        self.loaded.limits
    }
}

impl EvaluatorFactory for ComponentEvaluator {
    fn name(&self) -> &str {
        &self.loaded.described.spec.name
    }

    fn spec(&self) -> EvaluatorSpec {
        self.loaded.described.spec.clone()
    }

    fn prepare(&self, opening: &Opening<'_>) -> Result<Box<dyn Prepared>, OpenFailure> {
        Ok(Box::new(PreparedSimulation::open(&self.loaded, opening)?))
    }
}
