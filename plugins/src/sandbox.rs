//! Sandbox: what a running technique can reach, which is counters and a log.

use std::fmt;
use std::sync::Arc;

use wasmtime::{Error, ResourceLimiter, Store};

use crate::limits;
use crate::log::{Log, LogLevel};
use crate::progress::Reports;
use crate::wire::attune::technique::log;

/// A limit that the engine does not know by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Memory,
    Log,
    Progress,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => write!(f, "more than {} MiB of memory", limits::MEMORY_BYTES >> 20),
            Self::Log => write!(f, "it logged more than {} bytes in one call", limits::LOG_BYTES),
            Self::Progress => {
                write!(f, "it reported progress more than {} times in one call", limits::PROGRESS_REPORTS)
            }
        }
    }
}

impl std::error::Error for Exceeded {}

/// The state of one store.
pub(crate) struct Sandbox {
    technique: String,
    log: Arc<Log>,
    logged: usize,
    reports: Reports,
    /// Bytes of all linear memories; they never shrink.
    memory: usize,
    /// The last line at level error: what a panic said before it became a trap.
    pub(crate) last_words: Option<String>,
}

impl Sandbox {
    pub(crate) fn new(technique: &str, log: Arc<Log>, reports: Reports) -> Self {
        let technique = technique.to_owned();
        Self { technique, log, logged: 0, reports, memory: 0, last_words: None }
    }

    /// What the technique reports of its call.
    pub(crate) fn report(&mut self, done: u64, total: u64) -> Result<(), Exceeded> {
        if self.reports.hear(&self.technique, done, total) { Ok(()) } else { Err(Exceeded::Progress) }
    }

    /// Bytes of linear memory that the call has taken so far.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }
}

impl log::Host for Sandbox {
    fn log(&mut self, level: log::Level, mut message: String) -> Result<(), Error> {
        self.logged = self.logged.saturating_add(message.len() + limits::LOG_LINE_COST);
        if self.logged > limits::LOG_BYTES {
            return Err(Exceeded::Log.into());
        }
        message.truncate(message.floor_char_boundary(limits::LOG_LINE_BYTES));
        let level = match level {
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        if level == LogLevel::Error {
            self.last_words = Some(message.clone());
        }
        self.log.line(&self.technique, level, &message);
        Ok(())
    }
}

/// Growth beyond a limit ends the call at once: a refusal that the technique could handle would make its
/// result depend on this machine.
impl ResourceLimiter for Sandbox {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool, Error> {
        if desired > limits::MEMORY_BYTES {
            return Err(Exceeded::Memory.into());
        }
        self.memory = self.memory.saturating_add(desired.saturating_sub(current));
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        Err(Exceeded::Memory.into())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, Error> {
        if desired > limits::TABLE_ELEMENTS { Err(Exceeded::Memory.into()) } else { Ok(true) }
    }

    fn table_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        Err(Exceeded::Memory.into())
    }

    fn instances(&self) -> usize {
        limits::INSTANCES
    }

    fn tables(&self) -> usize {
        limits::TABLES
    }

    fn memories(&self) -> usize {
        limits::MEMORIES
    }
}

/// Gives a store its fuel and its deadline; both also cover instantiation, which runs start functions.
pub(crate) fn arm(store: &mut Store<Sandbox>) -> Result<(), Error> {
    store.set_fuel(limits::FUEL)?;
    store.set_epoch_deadline(limits::SECONDS * 1000 / limits::TICK_MILLIS);
    store.set_hostcall_fuel(limits::OUTPUT_BYTES);
    store.limiter(|sandbox| sandbox);
    Ok(())
}
