//! The host: one engine, and the way from bytes to a technique.

use std::path::Path;
use std::sync::Arc;

use attune_core::technique::{FailureKind, TechniqueFailure};
use attune_files::ReadError;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};
use wasmtime::{Engine, Error, StoreContextMut};

use crate::builtin;
use crate::calls::Calls;
use crate::compiled::NotCompiled;
use crate::error::{HostError, LoadError};
use crate::limits::Limits;
use crate::log::{Log, LogLevel, LogLine, LogSink};
use crate::operators::Operators;
use crate::profiling::Profiling;
use crate::progress::{self, CallProgress, ProgressSink};
use crate::sandbox::Sandbox;
use crate::technique::{Optional, WasmTechnique};
use crate::wire::{Plugin, PluginPre};
use crate::world::World;
use crate::{calls, compiled, contents, wasi, world};

/// Loads techniques. One host serves a whole program; it may be shared between threads.
pub struct Host {
    sink: LogSink,
    progress: ProgressSink,
}

impl Host {
    /// A host that drops what techniques log.
    ///
    /// # Errors
    /// [`HostError`] when the engine or its watch thread cannot be set up.
    pub fn new() -> Result<Self, HostError> {
        Self::with_log(|_| {})
    }

    /// A host that hands every logged line to `sink`.
    ///
    /// # Errors
    /// [`HostError`] when the engine or its watch thread cannot be set up.
    pub fn with_log(sink: impl Fn(&LogLine) + Send + Sync + 'static) -> Result<Self, HostError> {
        // Whether the engine runs here is found out now, and not with the first technique.
        compiled::engine(&Limits::COMPILED)?;
        Ok(Self { sink: Arc::new(sink), progress: Arc::new(|_: &CallProgress| {}) })
    }

    /// The same, which hands to `sink` from time to time how far long calls are.
    #[must_use]
    pub fn telling(self, sink: impl Fn(&CallProgress) + Send + Sync + 'static) -> Self {
        Self { progress: progress::seldom(sink), ..self }
    }

    /// Loads a built-in technique, exactly as the file of a third party.
    ///
    /// # Errors
    /// [`LoadError::Unknown`] with the nearest name; or the technique's own failure.
    pub fn builtin(&self, name: &str) -> Result<WasmTechnique, LoadError> {
        Ok(self.load(name, builtin::find(name)?)?)
    }

    /// Loads all built-in techniques, in name order.
    ///
    /// # Errors
    /// The first failure.
    pub fn builtins(&self) -> Result<Vec<WasmTechnique>, LoadError> {
        builtin::BUILTIN_NAMES.iter().map(|name| self.builtin(name)).collect()
    }

    /// Loads a component from a file.
    ///
    /// # Errors
    /// See [`LoadError`]; messages name the file.
    pub fn load_file(&self, path: &Path) -> Result<WasmTechnique, LoadError> {
        let content = attune_files::bytes(path, Limits::RUNTIME.file).map_err(|error| match error {
            ReadError::TooLarge { path, bytes, limit } => LoadError::TooLarge { path, bytes, limit },
            other => LoadError::Read(other),
        })?;
        Ok(self.load(&path.display().to_string(), &content)?)
    }

    /// Loads a component from its bytes. `label` names it in messages until it has told its name.
    ///
    /// # Errors
    /// [`FailureKind::WrongWorld`] when the bytes are no technique; otherwise what happens in `describe`.
    pub fn load(&self, label: &str, bytes: &[u8]) -> Result<WasmTechnique, TechniqueFailure> {
        let wrong = |reason: String| calls::failed(label, "load", FailureKind::WrongWorld(reason));
        if let Some(complaint) = world::complain_about_bytes(bytes, World::Technique) {
            return Err(wrong(complaint));
        }
        let limits = contents::limits_of(bytes, [&Limits::COMPILED, &Limits::RUNTIME]).map_err(wrong)?;
        if limits.has_runtime() && !compiled::is_known(limits, bytes) {
            self.tell_of_compiling(label, bytes.len());
        }
        let engine = compiled::engine(limits).map_err(|error| wrong(error.to_string()))?;
        let component = compiled::component(&engine, limits, bytes).map_err(|problem| match problem {
            NotCompiled::Invalid(reason) => wrong(format!("it is not a valid component: {reason}")),
            NotCompiled::TooSlow => {
                calls::failed(label, "load", FailureKind::TooSlow { seconds: limits.compile_seconds })
            }
        })?;
        if let Some(complaint) = world::complain_about_names(&component, &engine, World::Technique) {
            return Err(wrong(complaint));
        }
        let plugin = linked(&engine, &component).and_then(PluginPre::new);
        let plugin = plugin.map_err(|error| wrong(world::complain_about_types(&error, World::Technique)))?;
        let profiling = Profiling::find(&component);
        let log = Arc::new(Log::new(Arc::clone(&self.sink)));
        let calls = Calls::new(plugin, limits, log, Arc::clone(&self.progress));
        let operators = Operators::find(&component);
        WasmTechnique::describe(calls, Optional { profiling, operators }, label, bytes)
    }

    /// A runtime is compiled for some seconds, in which nothing else happens.
    fn tell_of_compiling(&self, label: &str, bytes: usize) {
        let megabytes = bytes as f64 / 1e6;
        let message = format!(
            "compiling {megabytes:.1} MB: it brings the runtime of its language, which takes some seconds at every start"
        );
        (self.sink)(&LogLine { technique: label.to_owned(), level: LogLevel::Warn, message });
    }
}

/// The component with what it may import, which is the log, progress and an empty WASI.
fn linked(engine: &Engine, component: &Component) -> Result<InstancePre<Sandbox>, Error> {
    let mut linker = Linker::new(engine);
    Plugin::add_to_linker::<_, HasSelf<_>>(&mut linker, |sandbox| sandbox)?;
    let report = |mut store: StoreContextMut<'_, Sandbox>, (done, total): (u64, u64)| {
        Ok(store.data_mut().report(done, total)?)
    };
    linker.instance(progress::IMPORT)?.func_wrap("progress", report)?;
    wasi::link(&mut linker, component)?;
    linker.instantiate_pre(component)
}
