//! Allowance: how much a technique may use over many calls; limits on one call say nothing of a thousand.

use std::collections::BTreeMap;

/// What calls of a technique have used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// How many there were.
    pub calls: u64,
    /// Instructions of all of them together: the same on every machine.
    pub fuel: u64,
}

impl Used {
    /// What was used since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self { calls: self.calls.saturating_sub(earlier.calls), fuel: self.fuel.saturating_sub(earlier.fuel) }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { calls: self.calls.saturating_add(other.calls), fuel: self.fuel.saturating_add(other.fuel) }
    }

    /// Instructions of one call, on average.
    pub fn each(self) -> u64 {
        self.fuel / self.calls.max(1)
    }
}

/// What the calls of every exported function have used.
pub type Usage = BTreeMap<&'static str, Used>;

/// A share for every call, and a reserve for whatever goes beyond it: calls within their share go on for ever, and those
/// that take all that one call may take end soon. It is counted in instructions, so it ends at the same call everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Instructions of each call that are nobody's business.
    pub share: u64,
    /// Instructions beyond the shares of all calls.
    pub reserve: u64,
}

impl Allowance {
    /// What calls may use that a study cannot do without: up to a tenth of a second each, and beyond that a minute.
    pub const NEEDED: Self = Self { share: 125_000_000, reserve: 64_000_000_000 };
    /// What an operator of the technique's own may use. It is called much more often, and the study goes on without it.
    pub const OPERATOR: Self = Self { share: 20_000_000, reserve: 64_000_000_000 };

    /// Instructions beyond the shares.
    pub fn beyond(self, used: Used) -> u64 {
        used.fuel.saturating_sub(used.calls.saturating_mul(self.share))
    }

    /// Whether the reserve is used up.
    pub fn is_spent(self, used: Used) -> bool {
        self.beyond(used) > self.reserve
    }

    /// Whether so much of the reserve is used up that people should hear of it.
    pub fn is_low(self, used: Used) -> bool {
        self.beyond(used) > self.reserve / 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modest_calls_never_spend_the_reserve_and_greedy_ones_do_soon() {
        for allowance in [Allowance::NEEDED, Allowance::OPERATOR] {
            let after = |calls: u64, each: u64| Used { calls, fuel: calls * each };
            assert!(!allowance.is_low(after(1_000_000, allowance.share)));
            assert!(!allowance.is_spent(after(1, 1_000_000_000)));
            let ends = (1..).find(|calls| allowance.is_spent(after(*calls, 1_000_000_000))).unwrap();
            assert!((60..80).contains(&ends), "{ends}");
            assert!((1..ends / 2).any(|calls| allowance.is_low(after(calls, 1_000_000_000))));
        }
    }
}
