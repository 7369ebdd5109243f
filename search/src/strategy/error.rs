//! Why a strategy cannot be built.

use attune_core::setting::OptionError;
use attune_core::space::Infeasible;

/// Why a strategy cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
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
        "strategy `evolution` is told to use the technique's operators, but the technique brings none; \
         set `operators` to \"auto\" or \"domain\""
    )]
    NoOperators,
    /// There is nothing to search.
    #[error("the search space is empty: {0}")]
    Infeasible(#[from] Infeasible),
}
