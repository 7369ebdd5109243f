//! From the engine's errors to the failures that a study knows.

use attune_core::technique::FailureKind;
use wasmtime::{Error, Trap};

use crate::limits::{self, Limits};
use crate::sandbox::Exceeded;

/// What happened, judged by type wherever the engine has one. `last_words` is what the technique logged
/// as an error: the text of its panic.
pub(crate) fn classify(error: &Error, last_words: Option<String>, limits: &Limits) -> FailureKind {
    if let Some(exceeded) = error.downcast_ref::<Exceeded>() {
        return match exceeded {
            Exceeded::Memory => FailureKind::OutOfMemory { mebibytes: limits.memory as u64 >> 20 },
            other => FailureKind::Trapped(other.to_string()),
        };
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return match trap {
            Trap::OutOfFuel => FailureKind::OutOfFuel { fuel: limits.fuel },
            Trap::Interrupt => FailureKind::TooSlow { seconds: limits.seconds },
            Trap::StackOverflow => FailureKind::StackOverflow { kibibytes: limits.stack as u64 >> 10 },
            trap => FailureKind::Trapped(last_words.unwrap_or_else(|| trap.to_string())),
        };
    }
    let cause = error.root_cause().to_string();
    // The engine keeps the type of this one to itself; a test holds its text in place.
    if cause.contains("fuel allocated for hostcalls") {
        return FailureKind::OutputTooLarge { limit: limits::OUTPUT_BYTES };
    }
    // What remains are results that break the component's own types: broken UTF-8, unknown cases, …
    FailureKind::BadOutput(cause)
}
