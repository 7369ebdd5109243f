//! What people and scripts see of a study.

pub(crate) mod json;
pub(crate) mod progress;
pub(crate) mod table;
