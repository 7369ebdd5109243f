//! The cost of a config: how much of a resource it takes.

/// What a config costs, in one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// For example `memory` or `bits`.
    pub resource: String,
    /// For example `bytes` or `bits/element`.
    pub unit: String,
    /// The amount.
    pub value: f64,
    /// The same without edits, so that savings can be shown.
    pub dense: f64,
}
