//! Errors of spaces that make no sense.

/// A space that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpaceError {
    /// A dimension that cannot hold a value.
    #[error("dimension `{dimension}`: {problem}")]
    Dimension {
        /// Its name.
        dimension: String,
        /// What is wrong.
        problem: String,
    },
    /// A constraint that refers to something that is not there.
    #[error("constraint {index}: {problem}")]
    Constraint {
        /// Its position.
        index: usize,
        /// What is wrong.
        problem: String,
    },
    /// A number that cannot be computed with: operators would overflow, or sums would be rounded away.
    #[error("{place}: {what} is {number}, expected {expected}")]
    Number {
        /// The dimension or budget.
        place: String,
        /// Which of its numbers.
        what: String,
        /// The number.
        number: String,
        /// What can be computed with.
        expected: String,
    },
    /// More than any model needs.
    #[error("the space has {found} {what}, at most {limit} are allowed")]
    TooLarge {
        /// What there is too much of.
        what: String,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
}
