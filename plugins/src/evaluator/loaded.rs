//! A compiled component, and what it says of itself.

use std::sync::Arc;

use attune_core::hash::ContentHash;

use super::convert::Described;
use super::wire::SimulatorPre;
use crate::limits::Limits;
use crate::log::Log;
use crate::sandbox::Sandbox;

/// What every open task of a component is made of.
pub(super) struct Loaded {
    pub(super) simulator: SimulatorPre<Sandbox>,
    pub(super) limits: &'static Limits,
    pub(super) log: Arc<Log>,
    pub(super) described: Described,
    /// Of the component's bytes: what decides every digit.
    pub(super) hash: ContentHash,
}
