//! Resource limits: what a component may use, in one place.
//!
//! There are two columns for techniques. A component that is little enough is a technique's own code, compiled: [`Limits::COMPILED`]. One
//! that is more, or imports WASI, is taken to bring the runtime of its language, an interpreter and a snapshot of its memory,
//! as those of Python and JavaScript do: [`Limits::RUNTIME`]. What a component says of itself decides nothing, so whoever
//! lies gains no more than the second column.
//!
//! | limit | compiled | with a runtime | exceeded | repeatable |
//! | --- | --- | --- | --- | --- |
//! | [`Limits::fuel`] | 1 000 000 000 | 4 000 000 000 instructions per call | `OutOfFuel` | yes |
//! | [`Limits::seconds`] | 10 s | 40 s of wall-clock time per call | `TooSlow` | no |
//! | [`Limits::memory`] | 64 MiB | 256 MiB of all linear memories | `OutOfMemory` | yes |
//! | [`Limits::table_elements`] | 65 536 per table | the same | `OutOfMemory` | yes |
//! | [`Limits::instances`], [`Limits::memories`], [`Limits::tables`] | 16, 2, 8 | 256, 8, 64 per call | `WrongWorld` | yes |
//! | [`Limits::stack`] | 512 KiB | 1 MiB | `StackOverflow` | on one machine |
//! | [`OUTPUT_BYTES`] | 16 MiB returned (or passed to `log` at once) | the same | `OutputTooLarge` | yes |
//! | [`LOG_BYTES`] | 64 KiB logged per call, 64 bytes for each line beside its own | the same | `Trapped` | yes |
//! | [`LOG_STUDY_BYTES`] | 1 MiB logged over all calls | the same | counted, not passed on | yes |
//! | [`PROGRESS_REPORTS`] | 65 536 reports of progress per call | the same | `Trapped` | yes |
//! | [`WASI_CALLS`] | 65 536 calls of WASI per call | the same | `Trapped` | yes |
//! | [`RANDOM_BYTES`] | 64 KiB of random numbers at once | the same | `Trapped` | yes |
//! | [`Limits::file`] | 8 MiB | 48 MiB file | `LoadError::TooLarge` | yes |
//! | [`Contents::modules`], [`Contents::functions`], [`Contents::locals`] | 16, 10 000, 200 000 | 128, 40 000, 200 000 | `WrongWorld` | yes |
//! | [`Contents::code`], [`Contents::function`] | 4 MiB of code, 256 KiB in one function | 16 MiB, 1 MiB | `WrongWorld` | yes |
//! | [`Contents::blocks`], [`Contents::function_blocks`] | 131 072 blocks, 8192 in one function | 1 048 576, 32 768 | `WrongWorld` | yes |
//! | [`Contents::loops`], [`Contents::function_loops`] | 8192 loops, 512 in one function | 32 768, 512 | `WrongWorld` | yes |
//! | [`Contents::live`], [`Contents::function_live`] | 4 194 304 variables in blocks, 1 048 576 in one function | 16 777 216, 1 048 576 | `WrongWorld` | yes |
//! | [`Contents::calls`], [`Contents::engine_calls`] | 65 536, 8192 | 262 144, 8192 | `WrongWorld` | yes |
//! | [`Contents::passed`], [`Contents::signature`] | 524 288 values, 64 in one signature | 2 097 152, 64 | `WrongWorld` | yes |
//! | [`Contents::declarations`], [`Contents::canonical`] | 32 768, 64 | 65 536, 512 | `WrongWorld` | yes |
//! | [`Limits::compile_seconds`] | 60 s | 300 s to compile | `TooSlow` | no |
//! | `attune_core::allowance` | instructions of all calls of a study | four count as one | `AllOutOfFuel` | yes |
//! | [`DESCRIBED`] | 256 options, words of an option, signals, kinds of edit, costs or baselines | the same | `BadOutput` | yes |
//! | [`EDITS`], [`LAYER_EDITS`] | 65 536 edits of a plan, 4096 in one layer | the same | `BadOutput` | yes |
//! | sizes of a space | `attune_core::space::SpaceError::TooLarge` | the same | `BadOutput` | yes |
//!
//! An evaluator computes what others search for, so it may take more: [`Limits::EVALUATOR`], and [`Limits::EVALUATOR_RUNTIME`] with a
//! runtime. What is not listed is as it is for techniques.
//!
//! | limit of evaluators | compiled | with a runtime | exceeded | repeatable |
//! | --- | --- | --- | --- | --- |
//! | [`Limits::fuel`] | 10 000 000 000 | 40 000 000 000 instructions per item | `Failed` | yes |
//! | [`Limits::seconds`] | 60 s | 240 s of wall-clock time per item | `Internal` | no |
//! | [`OPENING`] | 4 times what an item may take, to open a task | the same | `OpenFailure` | |
//! | [`Limits::memory`] | 512 MiB | 1 GiB of all linear memories of an open task, of which there is one for each thread | `Failed` | yes |
//! | [`DATA_BYTES`] | 128 MiB of data, all files of a task together | the same | `OpenFailure` | yes |
//! | [`OUTPUT_BYTES`] | 16 MiB returned by a call | the same | `Failed` | yes |
//! | [`LOG_BYTES`], [`LOG_STUDY_BYTES`] | as for techniques, per call and over all calls | the same | `Failed` | yes |
//! | [`DESCRIBED`] | 256 tasks, metrics, options, words, edits, arguments or facts | the same | `BadOutput` | yes |
//!
//! A call for several items may take as many times as much, and one for items that share work as many times as the split has items,
//! however many are asked for. An open task keeps what it has computed and the memory that it has taken, so a repeatable failure counts
//! only from one that nothing was asked before; one that has computed some of it before may need fewer instructions and pass where a new
//! one would not. The deadline of a plan, and whoever stops or holds a study, are looked at ten times a second in the middle of a call.
//!
//! What they do not cover: fuel and time are only looked at between instructions, so one copy of a whole
//! memory runs to its end; a component that is given up while it is compiled goes on in the background to its end, which
//! the limits on what there is to compile bound; what the host
//! allocates for results is limited by [`OUTPUT_BYTES`] per call and by nothing across calls. A failure that is not
//! repeatable must never be kept as a result.

mod contents;

use wasmtime::{Config, OptLevel};

pub use contents::Contents;

/// What one component may use in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Instructions of one call: the verdict on loops. Known techniques need less than a thousandth of it; an interpreter
    /// takes some fifty instructions for one of its own.
    pub fuel: u64,
    /// Wall-clock seconds of one call: the backstop where fuel burns slowly.
    pub seconds: u64,
    /// Bytes of all linear memories of a call.
    pub memory: usize,
    /// Elements of one table; compilers put one per function pointer there.
    pub table_elements: usize,
    /// Core instances in a component: an ordinary one has its module and two or three shims, one of shared libraries some dozens.
    pub instances: usize,
    /// Linear memories of all instances together.
    pub memories: usize,
    /// Tables of all instances together.
    pub tables: usize,
    /// Bytes of stack; under the 2 MiB that a Rust thread has.
    pub stack: usize,
    /// Bytes of a component's file.
    pub file: u64,
    /// Seconds until a component that is still being compiled is given up: the backstop behind the limits on what there is
    /// to compile.
    pub compile_seconds: u64,
    /// How much there may be to compile.
    pub contents: Contents,
}

impl Limits {
    /// Those of a component that is compiled from a technique's own code.
    pub const COMPILED: Self = Self {
        fuel: 1_000_000_000,
        seconds: 10,
        memory: 64 << 20,
        table_elements: 1 << 16,
        instances: 16,
        memories: 2,
        tables: 8,
        stack: 512 << 10,
        file: 8 << 20,
        compile_seconds: 60,
        contents: Contents::COMPILED,
    };

    /// Those of a component that brings the runtime of its language.
    pub const RUNTIME: Self = Self {
        fuel: 4_000_000_000,
        seconds: 40,
        memory: 256 << 20,
        table_elements: 1 << 16,
        instances: 256,
        memories: 8,
        tables: 64,
        stack: 1 << 20,
        file: 48 << 20,
        compile_seconds: 300,
        contents: Contents::RUNTIME,
    };

    /// Those of an evaluator that is compiled from a simulator's own code.
    pub const EVALUATOR: Self =
        Self { fuel: 10_000_000_000, seconds: 60, memory: 512 << 20, ..Self::COMPILED };

    /// Those of an evaluator that brings the runtime of its language.
    pub const EVALUATOR_RUNTIME: Self =
        Self { fuel: 40_000_000_000, seconds: 240, memory: 1 << 30, ..Self::RUNTIME };

    /// Whether they are of a component that brings the runtime of its language.
    pub(crate) fn has_runtime(&self) -> bool {
        self.contents == Contents::RUNTIME
    }

    /// The engine's part of the limits, and whatever else makes a call a pure function of its arguments.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .epoch_interruption(true)
            .max_wasm_stack(self.stack)
            // NaN payloads and relaxed vector instructions differ between processors.
            .cranelift_nan_canonicalization(true)
            .wasm_relaxed_simd(false)
            // A memory that is mapped costs a call what it touches; one that is copied, all of it.
            .memory_guaranteed_dense_image_size(self.memory as u64);
        if self.has_runtime() {
            // A quarter less to compile, and calls take what they took: the interpreter was optimised where it was built.
            config.cranelift_opt_level(OptLevel::None);
        }
        config
    }
}

/// Opening a task may take so many times what an item may.
pub const OPENING: u64 = 4;
/// Bytes of data that a task of an evaluator may name, all files together.
pub const DATA_BYTES: u64 = 128 << 20;
/// Bytes that one call may hand to the host.
pub const OUTPUT_BYTES: usize = 16 << 20;
/// Bytes that one call may log.
pub const LOG_BYTES: usize = 64 << 10;
/// Bytes that a line counts beside its own: an empty one is work, too.
pub const LOG_LINE_COST: usize = 64;
/// Bytes that one loaded technique, which is one study, may log over all its calls; what comes after is only counted.
pub const LOG_STUDY_BYTES: usize = 1 << 20;
/// Bytes of one logged line that are kept.
pub const LOG_LINE_BYTES: usize = 2 << 10;
/// Times that one call may report its progress; few of them are shown.
pub const PROGRESS_REPORTS: u32 = 1 << 16;
/// Calls of WASI, each of which is work of the host that no fuel counts.
pub const WASI_CALLS: u64 = 1 << 16;
/// Random bytes that WASI gives at once.
pub const RANDOM_BYTES: usize = 64 << 10;
/// Entries of each list in a technique's description of itself, and of its costs and baselines.
pub const DESCRIBED: usize = 256;
/// Edits of one plan.
pub const EDITS: usize = 1 << 16;
/// Edits of one plan in one layer, every two of which are compared: eight of each of 512 experts.
pub const LAYER_EDITS: usize = 1 << 12;

/// Milliseconds between looks at the wall clock.
pub(crate) const TICK_MILLIS: u64 = 100;
