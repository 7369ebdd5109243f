//! Source of a study's strategy: this build, or whoever brings one.

use std::sync::Arc;

use attune_core::options::Settings;
use attune_core::profile::Selected;
use attune_core::rng;
use attune_core::space::Space;
use attune_core::strategy::Strategy;
use attune_core::technique::Operator;

use super::{SearchContext, StrategyError, TableSource};

/// Makes a strategy of one's own, as often as a study needs it: once in every run, since resume is replay.
///
/// ```
/// use attune_core::strategy::Strategy;
/// use attune_search::strategy::{SearchContext, StrategyError, StrategyFactory};
///
/// struct Mine;
///
/// impl StrategyFactory for Mine {
///     fn name(&self) -> &str {
///         "mine"
///     }
///
///     fn build(&self, context: SearchContext) -> Result<Box<dyn Strategy>, StrategyError> {
///         // Any strategy of this build may be a part of it.
///         let random = attune_core::profile::Selected { name: "random".to_owned(), options: Default::default() };
///         attune_search::strategy::build(&random, context)
///     }
/// }
///
/// assert_eq!(Mine.table(), None, "it does not plan");
/// ```
pub trait StrategyFactory: Send + Sync {
    /// Its name, which is part of the study's identity: another strategy needs another name.
    fn name(&self) -> &str;

    /// Its options, which are part of the study's identity, too.
    fn options(&self) -> Settings {
        Settings::new()
    }

    /// Where the sensitivity table comes from that it plans with; `None` when it does not plan.
    fn table(&self) -> Option<TableSource> {
        None
    }

    /// The strategy, before its first proposal. It is a function of the context and of what it is told.
    ///
    /// # Errors
    /// When it cannot search this space.
    fn build(&self, context: SearchContext) -> Result<Box<dyn Strategy>, StrategyError>;
}

/// Where a study's strategy comes from.
#[derive(Clone)]
#[non_exhaustive]
pub enum StrategySource {
    /// One of this build, with options that its [`StrategyInfo`](super::StrategyInfo) describes.
    Named(Selected),
    /// One of one's own.
    Own(Arc<dyn StrategyFactory>),
}

impl StrategySource {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Named(selected) => &selected.name,
            Self::Own(own) => own.name(),
        }
    }

    /// Name and options, as they are part of a study's identity.
    pub fn selected(&self) -> Selected {
        match self {
            Self::Named(selected) => selected.clone(),
            Self::Own(own) => Selected { name: own.name().to_owned(), options: own.options() },
        }
    }

    /// The same with every default filled in.
    ///
    /// # Errors
    /// As [`resolved`](super::resolved).
    pub fn resolved(&self) -> Result<Self, StrategyError> {
        match self {
            Self::Named(selected) => super::resolved(selected).map(Self::Named),
            Self::Own(own) => Ok(Self::Own(Arc::clone(own))),
        }
    }

    /// As [`check`](super::check); of one's own strategy only that there is something to search.
    ///
    /// # Errors
    /// As [`check`](super::check).
    pub fn check(
        &self,
        space: &Arc<Space>,
        seed: u64,
        operators: Option<&[Operator]>,
    ) -> Result<(), StrategyError> {
        match self {
            Self::Named(selected) => super::check(selected, space, seed, operators),
            Self::Own(_) => {
                space.sample(&mut rng::derive(seed, "feasibility", &[]))?;
                Ok(())
            }
        }
    }

    /// As [`table_source`](super::table_source).
    ///
    /// # Errors
    /// As [`table_source`](super::table_source).
    pub fn table(&self) -> Result<Option<TableSource>, StrategyError> {
        match self {
            Self::Named(selected) => super::table_source(selected),
            Self::Own(own) => Ok(own.table()),
        }
    }

    /// As [`build`](super::build).
    ///
    /// # Errors
    /// As [`build`](super::build), or whatever one's own strategy says.
    pub fn build(&self, context: SearchContext) -> Result<Box<dyn Strategy>, StrategyError> {
        match self {
            Self::Named(selected) => super::build(selected, context),
            Self::Own(own) => own.build(context),
        }
    }
}

impl From<&str> for StrategySource {
    /// One of this build, with its defaults.
    fn from(name: &str) -> Self {
        Self::Named(Selected { name: name.to_owned(), options: Settings::new() })
    }
}

impl From<Selected> for StrategySource {
    fn from(selected: Selected) -> Self {
        Self::Named(selected)
    }
}
