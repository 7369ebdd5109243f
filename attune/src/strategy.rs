//! Typed options of the strategies of this build, and strategies of one's own.
//!
//! A value of one of these types stands wherever a strategy is asked for, and says the same as a profile with the same
//! options:
//!
//! ```
//! use attune::strategy;
//!
//! let evolution = strategy::Evolution { population: 24, ..Default::default() };
//! let source = attune::strategy::StrategySource::from(evolution);
//! assert_eq!(source.name(), "evolution");
//! ```

use std::sync::Arc;

use attune_core::options::{OptionValue, Settings};
use attune_core::profile::Selected;
use attune_core::strategy::Strategy;

pub use attune_search::strategy::{
    SearchContext, StrategyError, StrategyFactory, StrategyInfo, StrategySource, TableSource, build,
    strategies,
};

/// A strategy of one's own, by its name and what makes it: from the space, the seed and the starting points, once in every
/// run.
///
/// ```
/// use attune::core::profile::Selected;
/// use attune::strategy;
///
/// let source = strategy::own("mine", |context| {
///     // Any `impl Strategy`; here, one of this build.
///     strategy::build(&Selected { name: "random".into(), options: Default::default() }, context)
/// });
/// assert_eq!(source.name(), "mine");
/// ```
pub fn own(
    name: impl Into<String>,
    build: impl Fn(SearchContext) -> Result<Box<dyn Strategy>, StrategyError> + Send + Sync + 'static,
) -> StrategySource {
    StrategySource::Own(Arc::new(Own { name: name.into(), build }))
}

struct Own<F> {
    name: String,
    build: F,
}

impl<F> StrategyFactory for Own<F>
where
    F: Fn(SearchContext) -> Result<Box<dyn Strategy>, StrategyError> + Send + Sync,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn build(&self, context: SearchContext) -> Result<Box<dyn Strategy>, StrategyError> {
        (self.build)(context)
    }
}

/// Who makes children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Operators {
    /// The technique if it can, else the space.
    #[default]
    Auto,
    /// The technique.
    Technique,
    /// The domains of the space.
    Domain,
}

impl From<Operators> for OptionValue {
    fn from(operators: Operators) -> Self {
        let word = match operators {
            Operators::Auto => "auto",
            Operators::Technique => "technique",
            Operators::Domain => "domain",
        };
        Self::Text(word.to_owned())
    }
}

impl From<Table> for OptionValue {
    fn from(table: Table) -> Self {
        let word = match table {
            Table::Measured => "measured",
            Table::Gradient => "gradient",
        };
        Self::Text(word.to_owned())
    }
}

/// Where the damages of a sensitivity table come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Table {
    /// From evaluating every choice on its own.
    #[default]
    Measured,
    /// From the technique's estimate out of gradients.
    Gradient,
}

/// How a typed value becomes an option.
trait ToOption {
    fn to_option(self) -> OptionValue;
}

impl ToOption for u32 {
    fn to_option(self) -> OptionValue {
        OptionValue::Int(i64::from(self))
    }
}

impl ToOption for f64 {
    fn to_option(self) -> OptionValue {
        OptionValue::Real(self)
    }
}

impl ToOption for bool {
    fn to_option(self) -> OptionValue {
        OptionValue::Bool(self)
    }
}

impl ToOption for Operators {
    fn to_option(self) -> OptionValue {
        self.into()
    }
}

impl ToOption for Table {
    fn to_option(self) -> OptionValue {
        self.into()
    }
}

/// A strategy's options as a type: fields have the names that a profile gives them, and its defaults.
macro_rules! options {
    ($(#[$doc:meta])* $type:ident = $name:literal { $($(#[$about:meta])* $field:ident: $kind:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $type {
            $($(#[$about])* pub $field: $kind,)*
        }

        impl Default for $type {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl From<$type> for Selected {
            fn from(options: $type) -> Self {
                let options = [$((stringify!($field).to_owned(), options.$field.to_option()),)*];
                Self { name: $name.to_owned(), options: Settings::from(options) }
            }
        }

        impl From<$type> for StrategySource {
            fn from(options: $type) -> Self {
                Self::Named(options.into())
            }
        }
    };
}

options! {
    /// Covariance matrix adaptation (CMA-ES) for real, affine and matrix dimensions.
    CmaEs = "cma-es" {
        /// Samples of one generation before restarts; 0 takes 4 + 3 ln n for n coordinates.
        population: u32 = 0,
        /// First step size, as a share of ranges and spreads.
        step: f64 = 0.3,
        /// Bad samples make the distribution narrower where they lie, too.
        active: bool = true,
        /// Begin anew where a run has converged, with larger and with smaller populations in turn (BIPOP).
        restarts: bool = true,
    }
}

options! {
    /// Steady-state evolution with the operators and constants of Efficient Expert Pruning (arXiv 2407.00945).
    Eep = "eep" {
        /// Trials before evolving.
        initial: u32 = 30,
        /// Children that are proposed together.
        generation: u32 = 1,
        /// Parents are at most this much worse than the best.
        window: f64 = 0.03,
    }
}

options! {
    /// Steady-state evolution that stays inside the space; searches every space.
    Evolution = "evolution" {
        /// Trials before evolving: starting points, then random ones.
        initial: u32 = 8,
        /// Children that are proposed together afterwards; 0 for a number that grows with the trials so far.
        generation: u32 = 0,
        /// Parents that are kept, the best trials so far; 0 for a number that grows with the trials so far.
        population: u32 = 0,
        /// Parents drawn for each one chosen.
        tournament: u32 = 2,
        /// Children drawn for one that is new, before a random config.
        redraws: u32 = 64,
        /// Children that a model of the trials so far looks at for each one that is proposed; 1 for no model.
        screen: u32 = 64,
        /// Share of children with two parents.
        crossover: f64 = 0.3,
        /// Who makes children.
        operators: Operators = Operators::Auto,
        /// Start from the technique's baselines too.
        baselines: bool = true,
    }
}

options! {
    /// One parent and level switches that keep every budget exactly (EvoPress, arXiv 2410.14649).
    EvoPress = "evopress" {
        /// Children of one generation.
        offspring: u32 = 128,
        /// Trials before evolving.
        initial: u32 = 1,
    }
}

options! {
    /// Evolution that starts from the best allocations of a sensitivity table.
    Hybrid = "hybrid" {
        /// As in [`Evolution`].
        initial: u32 = 8,
        /// As in [`Evolution`].
        generation: u32 = 0,
        /// As in [`Evolution`].
        population: u32 = 0,
        /// As in [`Evolution`].
        tournament: u32 = 2,
        /// As in [`Evolution`].
        redraws: u32 = 64,
        /// As in [`Evolution`].
        screen: u32 = 64,
        /// As in [`Evolution`].
        crossover: f64 = 0.3,
        /// As in [`Evolution`].
        operators: Operators = Operators::Auto,
        /// As in [`Evolution`].
        baselines: bool = true,
        /// Where damages come from.
        signal: Table = Table::Measured,
        /// Allocations of the Pareto set, for each further objective.
        front: u32 = 8,
        /// Relative gap to the proven bound at which planning stops.
        gap: f64 = 1e-4,
        /// Allocations of the front that start the search.
        seeds: u32 = 8,
    }
}

options! {
    /// NSGA-II as KVTuner runs it (arXiv 2502.04420).
    KvTuner = "kvtuner" {
        /// Parents that are kept, and children of one generation.
        population: u32 = 50,
    }
}

options! {
    /// Crossover and Gaussian steps on checkpoint coefficients, in the manner of LCSC.
    Lcsc = "lcsc" {
        /// Trials before evolving.
        initial: u32 = 20,
        /// Children that are made of the same parents.
        generation: u32 = 20,
        /// Candidate parents that are kept.
        population: u32 = 10,
    }
}

options! {
    /// Evolution for several objectives (NSGA-II): ranks by dominance and spreads along the front.
    Nsga2 = "nsga2" {
        /// As in [`Evolution`].
        redraws: u32 = 64,
        /// As in [`Evolution`].
        operators: Operators = Operators::Auto,
        /// As in [`Evolution`].
        baselines: bool = true,
        /// Parents that are kept, and children of one generation.
        population: u32 = 40,
        /// Share of children with two parents.
        crossover: f64 = 0.9,
    }
}

options! {
    /// Solves a sensitivity table for the budgets and validates the best allocations.
    Profiling = "profiling" {
        /// Where damages come from.
        signal: Table = Table::Measured,
        /// Allocations of the Pareto set, for each further objective.
        front: u32 = 8,
        /// Relative gap to the proven bound at which planning stops.
        gap: f64 = 1e-4,
        /// Proposals that are evaluated together.
        generation: u32 = 8,
        /// Standard deviation of the logarithm of damages when the table is perturbed.
        noise: f64 = 0.3,
        /// Perturbed tables that are tried for one new config.
        redraws: u32 = 8,
        /// Validate the technique's baselines too.
        baselines: bool = true,
    }
}

options! {
    /// Independent random draws from the space.
    Random = "random" {
        /// Proposals that are evaluated together.
        generation: u32 = 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a profile with the same options and no others would say.
    fn says_the_same(typed: Selected) -> bool {
        let silent = Selected { name: typed.name.clone(), options: Settings::new() };
        attune_search::strategy::resolved(&silent).unwrap() == typed
    }

    #[test]
    fn typed_defaults_are_those_of_profiles() {
        let typed: Vec<Selected> = vec![
            CmaEs::default().into(),
            Eep::default().into(),
            Evolution::default().into(),
            EvoPress::default().into(),
            Hybrid::default().into(),
            KvTuner::default().into(),
            Lcsc::default().into(),
            Nsga2::default().into(),
            Profiling::default().into(),
            Random::default().into(),
        ];
        let names: Vec<&str> = strategies().iter().map(|info| info.name).collect();
        assert_eq!(typed.iter().map(|typed| &*typed.name).collect::<Vec<_>>(), names, "one type each");
        for typed in typed {
            let name = typed.name.clone();
            assert!(says_the_same(typed), "`{name}` has other options or defaults in a profile");
        }
    }

    #[test]
    fn a_typed_option_is_the_profiles_option() {
        let typed: Selected =
            Evolution { population: 24, operators: Operators::Domain, ..Default::default() }.into();
        assert_eq!(typed.options["population"], OptionValue::Int(24));
        assert_eq!(typed.options["operators"], OptionValue::Text("domain".to_owned()));
        assert!(attune_search::strategy::resolved(&typed).is_ok());
    }
}
