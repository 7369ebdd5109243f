//! What people and scripts see of a study.

mod cells;
pub(crate) mod front;
pub(crate) mod json;
pub(crate) mod next;
pub(crate) mod progress;
pub(crate) mod sheet;
pub(crate) mod spec_json;
pub(crate) mod table;
pub(crate) mod target_json;
pub(crate) mod verified;

#[cfg(test)]
mod tests;
