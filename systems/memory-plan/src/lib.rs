//! Memory plans: offsets for tensors with lifetimes, so that the peak is least (dynamic storage allocation, which is packing of
//! rectangles whose place in time is fixed).
//!
//! * Instances: [`Instance`], read from CSV ([`csv`]) or from a memory snapshot of PyTorch ([`snapshot`]), or generated
//!   ([`generate`]).
//! * What no plan beats: [`Instance::bound`]. Whether a plan is one, by another algorithm than any that makes plans: [`check`].
//! * Planners: an order and a decoder ([`decode`]), online best fit ([`online`]), the caching allocator of PyTorch emulated
//!   ([`caching`]), the two static algorithms of STAlloc ([`stalloc`]), and those that need no constants by name ([`rules`]).
//! * Searches: canonical branch and bound ([`canonical`]), and restarts of it ([`restarts`]).
//!
//! Nothing here reads a file, a clock or a random number but from a seed: the same bits natively and in a component.

pub mod caching;
pub mod canonical;
pub mod check;
pub mod csv;
pub mod decode;
pub mod generate;
mod instance;
pub mod online;
pub mod restarts;
pub mod rules;
pub mod snapshot;
pub mod stalloc;

pub use attune_random::Random;
pub use instance::{Buffer, Instance, InstanceError};

/// Where every buffer of an instance begins, in bytes, in the order of its buffers.
pub type Offsets = Vec<u64>;

/// Bytes that a plan takes: the highest end of a buffer.
pub fn peak(instance: &Instance, offsets: &[u64]) -> u64 {
    instance.buffers().iter().zip(offsets).map(|(buffer, offset)| offset + buffer.size).max().unwrap_or(0)
}
