//! Sizes that grow with a study.

/// How many of something there are when so many trials are over. A function of these alone, and not of the trials that a study
/// is to have: one that is extended is the study that was as long from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// As many as somebody said, at least 1.
    Fixed(usize),
    /// One for so many trials, within limits.
    Growing { every: u64, least: usize, most: usize },
}

impl Size {
    /// The size of an option of which 0 means `growing`.
    pub(super) fn of_option(number: usize, growing: Self) -> Self {
        if number == 0 { growing } else { Self::Fixed(number) }
    }

    /// How many after so many trials.
    pub(super) fn at(self, trials: u64) -> usize {
        match self {
            Self::Fixed(number) => number.max(1),
            Self::Growing { every, least, most } => {
                usize::try_from(trials / every).unwrap_or(usize::MAX).clamp(least, most)
            }
        }
    }
}
