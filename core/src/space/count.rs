//! Cardinality: how many feasible configs a space has, in bounded time and memory.
//!
//! Without constraints the number is a product. With budgets alone it is counted exactly by dynamic programming over
//! sums, as long as they stay few; in small spaces, by listing. Everything beyond is estimated and says so: under one
//! budget by dynamic programming over rounded sums ([`rounded`]), under other constraints from the share of random
//! points that meet them ([`sampled`]). Conditions and orders are counted along ([`tree`]). All of it is counted work, the same
//! on every machine.

mod exact;
mod product;
mod rounded;
mod sampled;
mod tree;

pub(super) use product::values;
pub(super) use tree::Exactly;

use super::{Constraint, Space};
use tree::Logarithms;

/// Points that are listed one by one when constraints are structural, and numbers in all of them.
const MAX_LISTED: u64 = 1_000_000;
const MAX_LISTED_NUMBERS: u64 = 1 << 24;

/// The size of a space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Count {
    /// Exactly this many.
    Exact(u128),
    /// About 10 to this power: too many to be counted. An estimate never says that a space is exhausted.
    About {
        /// log₁₀ of the estimate.
        log10: f64,
        /// The true logarithm is within this distance, with a confidence of 95 %.
        error: f64,
    },
    /// At most 10 to this power: so few points meet the constraints that none was met.
    AtMost {
        /// log₁₀ of the bound.
        log10: f64,
    },
    /// A continuous dimension: not countable.
    Uncountable,
}

impl Count {
    /// log₁₀ of the number, its estimate or its bound; `None` when not countable.
    pub fn log10(self) -> Option<f64> {
        match self {
            Self::Exact(number) => Some((number as f64).log10()),
            Self::About { log10, .. } | Self::AtMost { log10 } => Some(log10),
            Self::Uncountable => None,
        }
    }
}

impl Space {
    /// The number of feasible configs: exact without constraints (as far as 128 bits reach), with budgets whose
    /// partial sums stay few, and in small spaces; an estimate or a bound otherwise.
    pub fn count(&self) -> Count {
        let Some(log10) = self.log10_product() else { return Count::Uncountable };
        if self.is_conditional() || self.is_ordered() {
            return self.count_structured(log10);
        }
        if self.constraints.is_empty() {
            return self.product().map_or(Count::About { log10, error: 0.0 }, Count::Exact);
        }
        let only_budgets = self.budgets().count() == self.constraints.len();
        let exact = if only_budgets { self.count_by_sums() } else { None };
        let listed = MAX_LISTED.min(MAX_LISTED_NUMBERS / self.numbers().max(1));
        if let Some(exact) = exact.or_else(|| Some(self.enumerate(listed)?.count() as u128)) {
            return Count::Exact(exact);
        }
        let budgets = self.budgets().map(|budget| self.count_rounded(budget, log10));
        let budgets: Vec<Count> = budgets.collect::<Option<_>>().unwrap_or_default();
        match (&self.constraints[..], &budgets[..]) {
            ([Constraint::Budget(_)], [count]) => *count,
            _ => {
                // Each budget alone bounds what all constraints together leave.
                let upper = budgets.iter().map(|count| match count {
                    Count::About { log10, error } => log10 + error,
                    count => count.log10().unwrap_or(f64::INFINITY),
                });
                self.count_sampled(log10, upper.fold(f64::INFINITY, f64::min))
            }
        }
    }

    /// The same of a space with conditions or orders: exact where these have a form that is counted and nothing but budgets is
    /// added, and in small spaces. `product` is log₁₀ of the number of points without any constraint.
    fn count_structured(&self, product: f64) -> Count {
        let Some(log10) = self.count_tree(&mut Logarithms(self)) else {
            return Count::AtMost { log10: product };
        };
        let others = self.constraints.iter().filter(|constraint| !constraint.is_structure()).count();
        let is_counted = self.is_counted();
        if is_counted && others == 0 {
            return self
                .count_tree(&mut Exactly(self))
                .map_or(Count::About { log10, error: 0.0 }, Count::Exact);
        }
        let only_budgets = self.budgets().count() == others;
        let exact = if is_counted && only_budgets { self.count_by_sums() } else { None };
        let listed = MAX_LISTED.min(MAX_LISTED_NUMBERS / self.numbers().max(1));
        match exact.or_else(|| Some(self.enumerate(listed)?.count() as u128)) {
            Some(exact) => Count::Exact(exact),
            None => self.count_sampled(log10, f64::INFINITY),
        }
    }
}
