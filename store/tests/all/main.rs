//! The store as others see it: folders on disk, processes that die, files that rot.
#![expect(clippy::unwrap_used, reason = "in a test an error is a failure")]

mod conformance;
mod corrupt;
mod crash;
mod fixture;
mod foreign;
mod index;
mod manage;
mod processes;
mod readers;
mod samples;
mod scratch;
