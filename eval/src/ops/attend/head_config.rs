//! What one KV head of one candidate does, for one sequence length.

use super::AttentionMask;
use crate::ops::quantise::Grid;

/// What a KV head sees, and what its cache gives back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeadConfig {
    pub(crate) look: AttentionMask,
    /// `None` where nothing is quantised.
    pub(crate) cache: Option<Cache>,
}

/// A low-bit cache with exact ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cache {
    /// `None` leaves keys exact.
    pub(crate) keys: Option<Grid>,
    /// `None` leaves values exact.
    pub(crate) values: Option<Grid>,
    /// First positions that are exact.
    pub(crate) sink: usize,
    /// Last positions that are exact, the query's own included.
    pub(crate) recent: usize,
}
