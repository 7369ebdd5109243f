//! Work that is counted, so that it ends: the same on every machine.

use super::Value;

/// Numbers that one repair looks at before it gives up, about a second of work. Spaces of real models need a
/// thousandth of it.
const MOST_WORK: u64 = 1 << 27;

/// What is left of the work that one operation may do, in numbers that are looked at or moved.
#[derive(Clone, Debug)]
pub(super) struct Work {
    left: u64,
}

impl Default for Work {
    fn default() -> Self {
        Self { left: MOST_WORK }
    }
}

impl Work {
    pub(super) fn spend(&mut self, numbers: u64) {
        self.left = self.left.saturating_sub(numbers);
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }
}

/// Numbers in a value.
pub(super) fn size(value: &Value) -> u64 {
    match value {
        Value::Index(_) | Value::Int(_) | Value::Real(_) => 1,
        Value::Indices(indices) => indices.len() as u64 + 1,
        Value::Reals(numbers) => numbers.len() as u64 + 1,
    }
}
