//! What calls of a technique take.

use std::time::Duration;

use attune_core::allowance::Used;

use crate::limits::Limits;

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

    /// What counts for the allowance of a study: instructions as compiled code has them. An interpreter takes many small ones, so
    /// those of a component with a runtime count as much less as it may take more of them in a call.
    pub(crate) fn used(self, limits: &Limits) -> Used {
        Used { calls: self.calls, fuel: self.fuel / (limits.fuel / Limits::COMPILED.fuel) }
    }
}

#[cfg(test)]
mod tests {
    use attune_core::allowance::Allowance;

    use super::{Limits, Spent};

    #[test]
    fn a_call_that_takes_all_it_may_counts_the_same_with_a_runtime_and_without() {
        for limits in [Limits::COMPILED, Limits::RUNTIME] {
            let spent =
                (0..65).fold(Spent::default(), |spent, _| spent.and(limits.fuel, Default::default(), 0));
            assert!(Allowance::NEEDED.is_low(spent.used(&limits)));
            assert_eq!(spent.used(&limits).each(), 1_000_000_000);
        }
    }
}
