//! Errors of building a strategy.

use attune_core::options::OptionError;
use attune_core::space::Infeasible;

use crate::knapsack::KnapsackError;

/// Why a strategy cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StrategyError {
    /// No strategy has this name.
    #[error("there is no strategy `{found}`, expected one of {known}{hint}")]
    Unknown {
        /// What was found.
        found: String,
        /// The names that exist.
        known: String,
        /// Nearest known name, ready to print.
        hint: String,
    },
    /// An option that the strategy does not take.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The technique's operators are asked for, and it has none.
    #[error(
        "strategy `{strategy}` is told to use the technique's operators, but the technique brings none; \
         set `operators` to \"auto\" or \"domain\""
    )]
    NoOperators {
        /// The strategy.
        strategy: &'static str,
    },
    /// The technique has no operator of this name.
    #[error(
        "strategy `{strategy}` is told to use the operator `{found}` of the technique, expected {known}{hint}"
    )]
    UnknownOperator {
        /// The strategy.
        strategy: &'static str,
        /// What was found.
        found: String,
        /// The names that there are, in words.
        known: String,
        /// Nearest known name, ready to print.
        hint: String,
    },
    /// The strategy plans with a sensitivity table, and none was measured.
    #[error("strategy `{strategy}` needs a sensitivity table, and none was measured")]
    NoTable {
        /// The strategy.
        strategy: &'static str,
    },
    /// A dimension whose values the strategy cannot search.
    #[error("strategy `{strategy}` cannot search dimension `{dimension}`: it needs {expected}")]
    Unsupported {
        /// The strategy.
        strategy: &'static str,
        /// The dimension.
        dimension: String,
        /// What it searches.
        expected: &'static str,
    },
    /// A constraint that the strategy does not keep.
    #[error("strategy `{strategy}` does not keep a constraint of this space ({constraint}); use {instead}")]
    UnsupportedConstraint {
        /// The strategy.
        strategy: &'static str,
        /// The constraint, in words.
        constraint: String,
        /// Strategies that do.
        instead: &'static str,
    },
    /// The allocation cannot be planned.
    #[error("the allocation cannot be planned: {0}")]
    Knapsack(#[from] KnapsackError),
    /// There is nothing to search.
    #[error("the search space is empty: {0}")]
    Infeasible(#[from] Infeasible),
}
