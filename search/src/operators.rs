//! Variation: how a child is made from its parents.

mod choosing;
mod domain;
mod group_change;
mod guarded;
mod level_switch;
mod random_reset;
mod technique;

pub use choosing::Choosing;
pub use domain::DomainOperators;
pub use group_change::GroupChange;
pub use guarded::Guarded;
pub use level_switch::LevelSwitch;
pub use random_reset::Redraw;
pub use technique::TechniqueOperators;

use attune_core::format;
use attune_core::rng::Rng;
use attune_core::space::{Config, Infeasible, RepairWork, Violation};
use attune_core::technique::{Operator, TechniqueFailure};

/// Why there is no child.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VariationError {
    /// There are no parents to vary.
    #[error("there is nothing to vary: no parents were given")]
    NoParents,
    /// The technique's operator failed.
    #[error(transparent)]
    Technique(#[from] TechniqueFailure),
    /// The technique's operator took more than a study can wait for, in many calls that each kept to their limit. The same
    /// calls end there in every run.
    #[error(
        "the operator of technique `{technique}` has used up what all its calls may: {calls} calls took {} instructions \
         each",
        format::count(*each as f64)
    )]
    UsedUp {
        /// The technique.
        technique: String,
        /// How often it was called.
        calls: u64,
        /// Instructions of one call, on average.
        each: u64,
    },
    /// The technique's operator returned something that is no point of its own space.
    #[error("technique `{technique}` failed in `vary`: the child is not a point of its space: {violation}")]
    NotAPoint {
        /// The technique.
        technique: String,
        /// What is wrong with the child.
        violation: Violation,
    },
    /// The child breaks a constraint and no way back was found.
    #[error("a child breaks the constraints and cannot be repaired: {0}")]
    Infeasible(#[from] Infeasible),
}

/// A child, and who made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// The config.
    pub config: Config,
    /// The operator, by its place among [`Variation::named`]; `None` where it has no name.
    pub operator: Option<usize>,
}

/// Makes a child from one parent (a mutation) or several (a recombination, then a mutation).
///
/// Contract: the child is a canonical, feasible point of the space, and a function of `parents` and of
/// what is drawn from `random`.
///
/// ```
/// use std::sync::Arc;
///
/// use attune_core::rng;
/// use attune_core::space::{Dimension, Space};
/// use attune_search::operators::{DomainOperators, Variation};
///
/// let space = Arc::new(Space::of([Dimension::int("n", 0, 9)])?);
/// let mut random = rng::derive(1, "doc", &[]);
/// let parent = space.sample(&mut random)?;
/// let child = DomainOperators::new(Arc::clone(&space)).vary(&[&parent], &mut random)?;
/// assert!(space.check(&child).is_ok(), "a child never leaves the space");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Variation: Send + Sync {
    /// The operators that have names; whoever asks for a child chooses among them.
    fn named(&self) -> &[Operator] {
        &[]
    }

    /// A child by one of the named operators, which takes as many of `parents` as it is made for; as
    /// [`vary_counted`](Self::vary_counted) without one. Who made it may be another one than was asked, where that failed.
    ///
    /// # Errors
    /// See [`VariationError`].
    fn vary_by(
        &self,
        operator: Option<usize>,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Child, VariationError> {
        let _ = operator;
        Ok(Child { config: self.vary_counted(parents, random, spent)?, operator: None })
    }

    /// A child of `parents`, best parent first, which adds to `spent` what repairing it took: whoever makes many children to
    /// choose from stops early where each is dear.
    ///
    /// # Errors
    /// See [`VariationError`].
    fn vary_counted(
        &self,
        parents: &[&Config],
        random: &mut Rng,
        spent: &mut RepairWork,
    ) -> Result<Config, VariationError>;

    /// The same child, for those who do not count.
    ///
    /// # Errors
    /// See [`VariationError`].
    fn vary(&self, parents: &[&Config], random: &mut Rng) -> Result<Config, VariationError> {
        self.vary_counted(parents, random, &mut RepairWork::default())
    }
}
