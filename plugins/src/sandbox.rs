//! Sandbox: what a running technique can reach, which is counters, a log and an empty WASI.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use attune_core::evaluator::RunControl;
use attune_core::rng::{self, Rng};
use wasmtime::{Error, ResourceLimiter, Store};

use crate::limits::{self, Limits};
use crate::log::{Log, LogLevel};
use crate::progress::Reports;
use crate::wire::attune::technique::log;

/// A limit that the engine does not know by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Memory,
    Log,
    /// Reports of progress.
    Progress,
    /// Calls of WASI.
    Wasi,
    /// Random bytes at once.
    Random,
    /// A function of WASI that needs what is not there.
    Absent(String),
    /// The process that there is not was to end, with this status.
    Exit(u8),
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => write!(f, "it asked for more memory than it may have"),
            Self::Log => write!(f, "it logged more than {} bytes in one call", limits::LOG_BYTES),
            Self::Progress => {
                write!(f, "it reported progress more than {} times in one call", limits::PROGRESS_REPORTS)
            }
            Self::Wasi => write!(f, "it called WASI more than {} times in one call", limits::WASI_CALLS),
            Self::Random => {
                write!(f, "it asked for more than {} random bytes at once", limits::RANDOM_BYTES)
            }
            Self::Absent(function) => {
                write!(
                    f,
                    "it called wasi:{function}, but a component has no files, sockets or terminals here"
                )
            }
            Self::Exit(status) => write!(f, "it ended itself with exit status {status}"),
        }
    }
}

impl std::error::Error for Exceeded {}

/// The streams of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Output,
    Error,
}

/// What WASI keeps during a call.
#[derive(Default)]
pub(crate) struct Wasi {
    pub(crate) calls: u64,
    random: Option<Rng>,
    /// The line that was begun on the standard output and error.
    begun: [Vec<u8>; 2],
}

/// Who may end the call that a store is in, and when it is over: looked at with every tick of the engine's clock.
pub(crate) struct Watch {
    /// Asks to wait or to end.
    pub(crate) stop: RunControl,
    /// Nobody needs the result any more.
    pub(crate) over: Arc<AtomicBool>,
    pub(crate) began: Instant,
    /// All the time for which `stop` had asked to wait until then.
    pub(crate) rested: Duration,
    /// Time that is left for what the call is a part of.
    pub(crate) left: Option<Duration>,
    /// The most that the call may take.
    pub(crate) most: Duration,
}

/// The state of one store.
pub(crate) struct Sandbox {
    technique: String,
    limits: &'static Limits,
    log: Arc<Log>,
    logged: usize,
    reports: Reports,
    /// Bytes of all linear memories; they never shrink.
    memory: usize,
    /// The last line at level error: what a panic said before it became a trap.
    last_words: Option<String>,
    /// The last lines of the standard error: what a runtime said before it trapped.
    last_errors: Vec<String>,
    seed: u64,
    pub(crate) wasi: Wasi,
    watch: Option<Watch>,
}

/// What a runtime that is written in Rust says after every panic, to nobody's use here.
const ADVICE: &str = "note: run with `RUST_BACKTRACE=1`";
/// Lines of the standard error that become part of a failure: the place and the words of an exception.
const LAST_ERRORS: usize = 4;

impl Sandbox {
    pub(crate) fn new(technique: &str, limits: &'static Limits, log: Arc<Log>, reports: Reports) -> Self {
        Self {
            technique: technique.to_owned(),
            limits,
            log,
            logged: 0,
            reports,
            memory: 0,
            last_words: None,
            last_errors: Vec::new(),
            seed: 0,
            wasi: Wasi::default(),
            watch: None,
        }
    }

    /// Another call begins in a store that is kept: what is counted for each call is counted anew.
    pub(crate) fn begin(&mut self, watch: Watch) {
        self.logged = 0;
        self.last_words = None;
        self.last_errors.clear();
        self.wasi.calls = 0;
        self.seed(0);
        self.watch = Some(watch);
    }

    /// Who may end the call, where somebody may.
    pub(crate) fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }

    /// What the technique reports of its call.
    pub(crate) fn report(&mut self, done: u64, total: u64) -> Result<(), Exceeded> {
        if self.reports.hear(&self.technique, done, total) { Ok(()) } else { Err(Exceeded::Progress) }
    }

    /// Bytes of linear memory that the call has taken so far.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// Random numbers follow from `seed` from now on, and from 0 without it.
    pub(crate) fn seed(&mut self, seed: u64) {
        self.seed = seed;
        self.wasi.random = None;
    }

    /// Random numbers of WASI.
    pub(crate) fn random(&mut self) -> &mut Rng {
        let seed = self.seed;
        self.wasi.random.get_or_insert_with(|| rng::derive(seed, "wasi", &[]))
    }

    /// Takes what was written to a stream: each line is logged when it is complete.
    pub(crate) fn written(&mut self, to: Written, bytes: &[u8]) -> Result<(), Error> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.begun(to).extend(&rest[..end]);
            rest = &rest[end + 1..];
            self.finish(to)?;
        }
        self.begun(to).extend(rest);
        // A line without an end is bounded as the log is.
        if self.logged + self.begun(to).len() > limits::LOG_BYTES {
            Err(Exceeded::Log.into())
        } else {
            Ok(())
        }
    }

    fn begun(&mut self, to: Written) -> &mut Vec<u8> {
        &mut self.wasi.begun[usize::from(to == Written::Error)]
    }

    /// Logs the line that was begun.
    fn finish(&mut self, to: Written) -> Result<(), Error> {
        let line = std::mem::take(self.begun(to));
        let line = String::from_utf8_lossy(&line).into_owned();
        let level = match to {
            Written::Output => LogLevel::Info,
            Written::Error => LogLevel::Warn,
        };
        if to == Written::Error && !line.trim().is_empty() && !line.starts_with(ADVICE) {
            if self.last_errors.len() == LAST_ERRORS {
                self.last_errors.remove(0);
            }
            self.last_errors.push(line.trim().to_owned());
        }
        self.line(level, line)
    }

    fn line(&mut self, level: LogLevel, mut message: String) -> Result<(), Error> {
        self.logged = self.logged.saturating_add(message.len() + limits::LOG_LINE_COST);
        if self.logged > limits::LOG_BYTES {
            return Err(Exceeded::Log.into());
        }
        message.truncate(message.floor_char_boundary(limits::LOG_LINE_BYTES));
        if level == LogLevel::Error {
            self.last_words = Some(message.clone());
        }
        self.log.line(&self.technique, level, &message);
        Ok(())
    }

    /// Logs what was begun on the streams and has no end. The call is over, and the log as full as it is.
    pub(crate) fn end(&mut self) {
        for stream in [Written::Output, Written::Error] {
            if !self.begun(stream).is_empty() {
                drop(self.finish(stream));
            }
        }
    }

    /// What it said of itself before it trapped.
    pub(crate) fn last_words(&mut self) -> Option<String> {
        let errors = (!self.last_errors.is_empty()).then(|| self.last_errors.join("; "));
        self.last_words.take().or(errors)
    }
}

impl log::Host for Sandbox {
    fn log(&mut self, level: log::Level, message: String) -> Result<(), Error> {
        let level = match level {
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        self.line(level, message)
    }
}

/// Growth beyond a limit ends the call at once: a refusal that the technique could handle would make its
/// result depend on this machine.
impl ResourceLimiter for Sandbox {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool, Error> {
        self.memory = self.memory.saturating_add(desired.saturating_sub(current));
        if self.memory > self.limits.memory { Err(Exceeded::Memory.into()) } else { Ok(true) }
    }

    fn memory_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        Err(Exceeded::Memory.into())
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool, Error> {
        if desired > self.limits.table_elements { Err(Exceeded::Memory.into()) } else { Ok(true) }
    }

    fn table_grow_failed(&mut self, _: Error) -> Result<(), Error> {
        Err(Exceeded::Memory.into())
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        self.limits.memories
    }
}

/// Gives a store its fuel and its deadline; both also cover instantiation, which runs start functions.
pub(crate) fn arm(store: &mut Store<Sandbox>) -> Result<(), Error> {
    let limits = store.data().limits;
    store.set_fuel(limits.fuel)?;
    store.set_epoch_deadline(limits.seconds * 1000 / limits::TICK_MILLIS);
    store.set_hostcall_fuel(limits::OUTPUT_BYTES);
    store.limiter(|sandbox| sandbox);
    Ok(())
}
