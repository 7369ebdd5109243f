//! Search algorithms, and how the choice of a profile becomes one of them.

mod cma_es;
mod eep;
mod error;
mod evolution;
mod evopress;
mod fresh;
mod hybrid;
mod kvtuner;
mod lcsc;
mod nsga2;
mod options;
mod population;
mod profiling;
mod random;
mod screen;
mod size;
mod source;

use std::sync::{Arc, LazyLock};

use attune_core::evaluator::RunControl;
use attune_core::options::{OptionSpec, OptionValue, resolve};
use attune_core::profile::Selected;
use attune_core::rng;
use attune_core::sensitivity::SensitivityTable;
use attune_core::space::{Config, Space};
use attune_core::strategy::Strategy;
use attune_core::suggest::hint;
use attune_core::technique::Operator;

pub use error::StrategyError;
use evolution::{Evolution, Scheme};
use options::Options;
pub use source::{StrategyFactory, StrategySource};

use crate::operators::Variation;

/// What a strategy says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyInfo {
    /// Name in the profile.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Its options.
    pub options: Vec<OptionSpec>,
}

/// Name of the starting point that is the best config which a sensitivity table was measured with.
pub const PROBED: &str = "probed";

/// What a strategy searches, and from where.
pub struct SearchContext {
    /// The space.
    pub space: Arc<Space>,
    /// Seed of every proposal.
    pub seed: u64,
    /// Named starting points: `start`, `default` and `uniform` first, then the technique's baselines. Those outside
    /// the space are passed over.
    pub starts: Vec<(String, Config)>,
    /// The technique's own operator, if it brings one.
    pub operators: Option<Arc<dyn Variation>>,
    /// Measured damages of every option, for a strategy that [plans](table_source) with them.
    pub table: Option<SensitivityTable>,
    /// How often a config can be [asked again](attune_core::strategy::Origin::Again): how many times the selection split
    /// has other items for it. 0 where a trial is scored on all of them.
    pub repeats: u32,
    /// Ends planning early, which may take minutes; what is proposed afterwards means nothing.
    pub stop: RunControl,
}

/// Every strategy of this build, in name order.
pub fn strategies() -> &'static [StrategyInfo] {
    static ALL: LazyLock<Vec<StrategyInfo>> = LazyLock::new(|| {
        vec![
            cma_es::info(),
            eep::info(),
            evolution::info(),
            evopress::info(),
            hybrid::info(),
            kvtuner::info(),
            lcsc::info(),
            nsga2::info(),
            profiling::info(),
            random::info(),
        ]
    });
    &ALL
}

/// `choice` with every default filled in.
///
/// # Errors
/// [`StrategyError::Unknown`] with the nearest known name, [`StrategyError::Option`].
pub fn resolved(choice: &Selected) -> Result<Selected, StrategyError> {
    let names = || strategies().iter().map(|info| info.name);
    let info =
        strategies().iter().find(|info| info.name == choice.name).ok_or_else(|| StrategyError::Unknown {
            found: choice.name.clone(),
            known: names().collect::<Vec<_>>().join(", "),
            hint: hint(&choice.name, names()),
        })?;
    let mut options = resolve(&format!("strategy `{}`", info.name), &info.options, &choice.options)?;
    // It came later, and a study from before it was there stays the same study.
    options.retain(|name, value| {
        name != evolution::OPERATOR_NAMES || *value != OptionValue::Text(String::new())
    });
    Ok(Selected { name: choice.name.clone(), options })
}

/// Refuses what [`build`] would refuse, as far as a space and the technique's operators tell: those that have names, if it brings
/// any.
///
/// # Errors
/// Those of [`resolved`]; [`StrategyError::Unsupported`]; [`StrategyError::UnsupportedConstraint`]; [`StrategyError::NoOperators`];
/// [`StrategyError::UnknownOperator`];
/// [`StrategyError::Infeasible`] when the space has, or seems to have, no feasible config.
pub fn check(
    choice: &Selected,
    space: &Arc<Space>,
    seed: u64,
    operators: Option<&[Operator]>,
) -> Result<(), StrategyError> {
    let choice = resolved(choice)?;
    space.sample(&mut rng::derive(seed, "feasibility", &[]))?;
    let options = Options::new(&choice.options);
    match choice.name.as_str() {
        "cma-es" => cma_es::check(space),
        "evolution" => evolution::check_operators("evolution", operators, &options),
        "hybrid" => {
            profiling::check("hybrid", space)?;
            evolution::check_operators("hybrid", operators, &options)
        }
        "nsga2" => evolution::check_operators("nsga2", operators, &options),
        "profiling" => profiling::check("profiling", space),
        _ => Ok(()),
    }
}

/// The strategy that a profile chooses.
///
/// # Errors
/// Those of [`check`]; [`StrategyError::NoTable`] and [`StrategyError::Knapsack`] of one that plans.
pub fn build(choice: &Selected, context: SearchContext) -> Result<Box<dyn Strategy>, StrategyError> {
    let choice = resolved(choice)?;
    check(&choice, &context.space, context.seed, context.operators.as_deref().map(Variation::named))?;
    let options = Options::new(&choice.options);
    Ok(match choice.name.as_str() {
        "cma-es" => Box::new(cma_es::CmaEs::new(context, &options)),
        "eep" => Box::new(eep::new(context, &options)),
        "evolution" => {
            let scheme = Scheme::new("evolution", &context, &options);
            Box::new(Evolution::new(context, scheme, options.bool("baselines")))
        }
        "evopress" => Box::new(evopress::new(context, &options)),
        "hybrid" => Box::new(hybrid::new(context, &options)?),
        "kvtuner" => Box::new(kvtuner::new(context, &options)),
        "lcsc" => Box::new(lcsc::new(context, &options)),
        "nsga2" => Box::new(nsga2::new(context, &options)),
        "profiling" => Box::new(profiling::Profiling::new(context, &options)?),
        _ => Box::new(random::Random::new(context, &options)),
    })
}

/// Where a sensitivity table comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableSource {
    /// Every choice is evaluated on its own.
    Measured,
    /// The same, until evaluations say that damages do not add up; then the table says nothing.
    Doubted,
    /// The technique estimates the damages from gradients of the dense model.
    Gradient,
}

/// Where the table that the strategy plans with comes from; `None` for one that does not plan.
///
/// # Errors
/// Those of [`resolved`].
pub fn table_source(choice: &Selected) -> Result<Option<TableSource>, StrategyError> {
    let choice = resolved(choice)?;
    Ok(match Options::new(&choice.options).word(profiling::SIGNAL) {
        profiling::MEASURED if choice.name == "hybrid" => Some(TableSource::Doubted),
        profiling::MEASURED => Some(TableSource::Measured),
        profiling::GRADIENT => Some(TableSource::Gradient),
        _ => None,
    })
}

/// Starting points that are points of the space, canonical, each once, under the first of its names.
fn usable(space: &Space, starts: Vec<(String, Config)>) -> Vec<(String, Config)> {
    let mut usable: Vec<(String, Config)> = Vec::new();
    for (name, config) in starts {
        let config = space.canonical(config);
        if space.check(&config).is_ok() && usable.iter().all(|(_, other)| *other != config) {
            usable.push((name, config));
        }
    }
    usable
}

/// Whether every strategy begins with this starting point.
fn is_universal(name: &str) -> bool {
    matches!(name, "default" | "uniform" | "start" | PROBED)
}

#[cfg(test)]
mod tests;
