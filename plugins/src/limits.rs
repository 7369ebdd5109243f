//! What a technique may use, in one place.
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
//! | [`COMPONENT_BYTES`] | 8 MiB file | `LoadError::TooLarge` | yes |
//! | [`COMPONENT_MODULES`], [`COMPONENT_FUNCTIONS`], [`COMPONENT_LOCALS`] | 16, 10 000, 200 000 | `WrongWorld` | yes |
//! | [`CODE_BYTES`], [`FUNCTION_BYTES`] | 4 MiB of code, 256 KiB in one function | `WrongWorld` | yes |
//! | [`DESCRIBED`] | 256 options, words of an option, signals or edits | `BadOutput` | yes |
//! | sizes of a space | `attune_core::space::SpaceError::TooLarge` | `BadOutput` | yes |
//!
//! What they do not cover: fuel and time are only looked at between instructions, so one copy of a whole
//! memory runs to its end; compilation is limited by how much there is to compile, not by time; what the host
//! allocates for results is limited by [`OUTPUT_BYTES`] per call and by nothing across calls. A failure that is not
//! repeatable must never be kept as a result.

use wasmtime::{Config, Error, Store};

use crate::sandbox::Sandbox;

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
/// Entries of each list in a technique's description of itself.
pub const DESCRIBED: usize = 256;

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

/// Gives a store its fuel and its deadline; both also cover instantiation, which runs start functions.
pub(crate) fn arm(store: &mut Store<Sandbox>) -> Result<(), Error> {
    store.set_fuel(FUEL)?;
    store.set_epoch_deadline(SECONDS * 1000 / TICK_MILLIS);
    store.set_hostcall_fuel(OUTPUT_BYTES);
    store.limiter(|sandbox| sandbox);
    Ok(())
}
