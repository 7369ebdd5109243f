//! What calls of a technique take.

use std::time::Duration;

use attune_core::allowance::Used;

/// What the calls of one exported function took, each on a fresh instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// How many there were.
    pub calls: u64,
    /// Instructions of all of them: the same on every machine.
    pub fuel: u64,
    /// Wall-clock time of all of them, making the instance included.
    pub time: Duration,
    /// Of the one that took longest.
    pub longest: Duration,
    /// Bytes of linear memory of the one that had most.
    pub memory: usize,
}

impl Spent {
    /// With one more call.
    pub(crate) fn and(self, fuel: u64, time: Duration, memory: usize) -> Self {
        Self {
            calls: self.calls.saturating_add(1),
            fuel: self.fuel.saturating_add(fuel),
            time: self.time.saturating_add(time),
            longest: self.longest.max(time),
            memory: self.memory.max(memory),
        }
    }

    /// What counts for the allowance of a study.
    pub(crate) fn used(self) -> Used {
        Used { calls: self.calls, fuel: self.fuel }
    }
}
