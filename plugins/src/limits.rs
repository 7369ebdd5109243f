//! Resource limits: what a technique may use, in one place.
//!
//! | limit | value | exceeded | repeatable |
//! | --- | --- | --- | --- |
//! | [`FUEL`] | 1 000 000 000 instructions per call | `OutOfFuel` | yes |
//! | [`SECONDS`] | 10 s of wall-clock time per call | `TooSlow` | no |
//! | [`MEMORY_BYTES`] | 64 MiB per linear memory | `OutOfMemory` | yes |
//! | [`TABLE_ELEMENTS`] | 65 536 per table | `OutOfMemory` | yes |
//! | [`INSTANCES`], [`MEMORIES`], [`TABLES`] | 16, 2, 8 per call | `WrongWorld` | yes |
//! | [`STACK_BYTES`] | 512 KiB | `StackOverflow` | on one machine |
//! | [`OUTPUT_BYTES`] | 16 MiB returned (or passed to `log` at once) | `OutputTooLarge` | yes |
//! | [`LOG_BYTES`] | 64 KiB logged per call, 64 bytes for each line beside its own | `Trapped` | yes |
//! | [`LOG_STUDY_BYTES`] | 1 MiB logged over all calls | counted, not passed on | yes |
//! | [`PROGRESS_REPORTS`] | 65 536 reports of progress per call | `Trapped` | yes |
//! | [`COMPONENT_BYTES`] | 8 MiB file | `LoadError::TooLarge` | yes |
//! | [`COMPONENT_MODULES`], [`COMPONENT_FUNCTIONS`], [`COMPONENT_LOCALS`] | 16, 10 000, 200 000 | `WrongWorld` | yes |
//! | [`CODE_BYTES`], [`FUNCTION_BYTES`] | 4 MiB of code, 256 KiB in one function | `WrongWorld` | yes |
//! | [`CODE_BLOCKS`], [`FUNCTION_BLOCKS`] | 131 072 blocks, 8192 in one function | `WrongWorld` | yes |
//! | [`CODE_LOOPS`], [`FUNCTION_LOOPS`] | 8192 loops, 512 in one function | `WrongWorld` | yes |
//! | [`CODE_LIVE`], [`FUNCTION_LIVE`] | 4 194 304 variables in blocks, 1 048 576 in one function | `WrongWorld` | yes |
//! | [`CODE_CALLS`], [`ENGINE_CALLS`] | 65 536, 8192 | `WrongWorld` | yes |
//! | [`CODE_PASSED`], [`SIGNATURE_VALUES`] | 524 288 values, 64 in one signature | `WrongWorld` | yes |
//! | [`DECLARATIONS`], [`CANONICAL_FUNCTIONS`] | 32 768, 64 | `WrongWorld` | yes |
//! | [`COMPILE_SECONDS`] | 60 s to compile | `TooSlow` | no |
//! | `attune_core::allowance` | instructions of all calls of a study | `AllOutOfFuel` | yes |
//! | [`DESCRIBED`] | 256 options, words of an option, signals, kinds of edit, costs or baselines | `BadOutput` | yes |
//! | [`EDITS`], [`LAYER_EDITS`] | 65 536 edits of a plan, 4096 in one layer | `BadOutput` | yes |
//! | sizes of a space | `attune_core::space::SpaceError::TooLarge` | `BadOutput` | yes |
//!
//! What they do not cover: fuel and time are only looked at between instructions, so one copy of a whole
//! memory runs to its end; a component that is given up while it is compiled goes on in the background to its end, which
//! the limits on what there is to compile bound; what the host
//! allocates for results is limited by [`OUTPUT_BYTES`] per call and by nothing across calls. A failure that is not
//! repeatable must never be kept as a result.

use wasmtime::Config;

/// Instructions of one call: the verdict on loops. Known techniques need less than a thousandth of it.
pub const FUEL: u64 = 1_000_000_000;
/// Wall-clock seconds of one call: the backstop where fuel burns slowly.
pub const SECONDS: u64 = 10;
/// Bytes of one linear memory.
pub const MEMORY_BYTES: usize = 64 << 20;
/// Elements of one table; compilers put one per function pointer there.
pub const TABLE_ELEMENTS: usize = 1 << 16;
/// Core instances in a component: an ordinary one has its module and two or three shims.
pub const INSTANCES: usize = 16;
/// Linear memories of all instances together.
pub const MEMORIES: usize = 2;
/// Tables of all instances together.
pub const TABLES: usize = 8;
/// Bytes of stack; well under the 2 MiB that a Rust thread has.
pub const STACK_BYTES: usize = 512 << 10;
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
/// Bytes of a component's file.
pub const COMPONENT_BYTES: u64 = 8 << 20;
/// Core modules and components inside a component.
pub const COMPONENT_MODULES: usize = 16;
/// Functions of all modules together. The built-in techniques have a few hundred.
pub const COMPONENT_FUNCTIONS: usize = 10_000;
/// Local variables of all functions together: a few bytes declare thousands, and the compiler keeps track of each.
pub const COMPONENT_LOCALS: usize = 200_000;
/// Bytes of code of all functions together.
pub const CODE_BYTES: usize = 4 << 20;
/// Bytes of code of one function: compilers need more than twice the time for twice the code.
pub const FUNCTION_BYTES: usize = 256 << 10;
/// Blocks of one function, and of all together: whatever is jumped to. The built-in techniques have a few hundred in one.
pub const FUNCTION_BLOCKS: u64 = 1 << 13;
/// See [`FUNCTION_BLOCKS`].
pub const CODE_BLOCKS: u64 = 1 << 17;
/// Loops of one function, and of all together.
pub const FUNCTION_LOOPS: u64 = 1 << 9;
/// See [`FUNCTION_LOOPS`].
pub const CODE_LOOPS: u64 = 1 << 13;
/// Blocks of a function times variables that it uses, and the sum of it over all functions: a variable may have to be carried
/// into every block.
pub const FUNCTION_LIVE: u64 = 1 << 20;
/// See [`FUNCTION_LIVE`].
pub const CODE_LIVE: u64 = 1 << 22;
/// Calls of functions.
pub const CODE_CALLS: u64 = 1 << 16;
/// Instructions that are calls of the engine: to grow, copy and fill memory and tables.
pub const ENGINE_CALLS: u64 = 1 << 13;
/// Parameters, or results, of one type of function.
pub const SIGNATURE_VALUES: usize = 64;
/// Values that all calls and branches pass together.
pub const CODE_PASSED: u64 = 1 << 19;
/// Types, imports, exports, globals, segments and instances of everything in a component.
pub const DECLARATIONS: u64 = 1 << 15;
/// Functions between a component and its host, in either direction.
pub const CANONICAL_FUNCTIONS: u64 = 64;
/// Seconds until a component that is still being compiled is given up: the backstop behind the limits on what there is to
/// compile.
pub const COMPILE_SECONDS: u64 = 60;
/// Entries of each list in a technique's description of itself, and of its costs and baselines.
pub const DESCRIBED: usize = 256;
/// Edits of one plan.
pub const EDITS: usize = 1 << 16;
/// Edits of one plan in one layer, every two of which are compared: eight of each of 512 experts.
pub const LAYER_EDITS: usize = 1 << 12;

/// Milliseconds between looks at the wall clock.
pub(crate) const TICK_MILLIS: u64 = 100;

/// The engine's part of the limits, and whatever else makes a call a pure function of its arguments.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        // NaN payloads and relaxed vector instructions differ between processors.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false);
    config
}
