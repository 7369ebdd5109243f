//! What people and scripts see of a study.

pub(crate) mod json;
pub(crate) mod numbers;
pub(crate) mod progress;
pub(crate) mod table;
