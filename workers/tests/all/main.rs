//! Workers from outside: processes of the scripted worker, well behaved and not.

// They look into /proc.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod conformance;
mod deaths;
mod faults;
mod killer;
mod kills;
mod lifetime;
mod nonsense;
mod opening;
mod study;
mod support;
mod transcript;
