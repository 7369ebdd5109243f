//! Workers from outside: processes of the scripted worker, well behaved and not.

mod conformance;
mod deaths;
mod faults;
mod kills;
mod lifetime;
mod nonsense;
mod opening;
mod support;
mod transcript;
