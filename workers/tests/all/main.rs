//! Workers from outside: processes of the scripted worker, well behaved and not.

// They look into /proc.
#![cfg(target_os = "linux")]

mod conformance;
mod deaths;
mod faults;
mod kills;
mod lifetime;
mod nonsense;
mod opening;
mod study;
mod support;
mod transcript;
