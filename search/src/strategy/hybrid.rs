//! Hybrid: the front of profiling seeds evolution, and the table stays an opinion.
//!
//! The table gives a plan quickly but assumes that damages add up, which fails at high compression (EvoPress, arXiv
//! 2410.14649); evolution corrects it from there. The screen that chooses among children learns how far the table's
//! predictions can be trusted. A table of which measuring said early that damages do not add up is silent, and the search is
//! evolution.

use super::evolution::{self, Evolution, Scheme};
use super::options::{self, Options};
use super::profiling::{self, Model, NOISE, Perturbed, front};
use super::{SearchContext, StrategyError, StrategyInfo, is_universal};

pub(super) fn info() -> StrategyInfo {
    let mut options = evolution::option_specs();
    options.extend(profiling::option_specs());
    options.push(options::count("seeds", "Allocations of the front that start the search.", 8, 1 << 12));
    StrategyInfo {
        name: "hybrid",
        summary: "Evolution that starts from the best allocations of a sensitivity table.",
        options,
    }
}

/// Perturbed tables that are tried for one new config.
const REDRAWS: usize = 4;

pub(super) fn new(mut context: SearchContext, options: &Options<'_>) -> Result<Evolution, StrategyError> {
    if let Some(table) = context.table.take_if(|table| table.objectives() > 0 && table.is_silent()) {
        let mut scheme = Scheme::new("hybrid", &context, options);
        let says_nothing = usize::try_from(evolution::INITIAL) == Ok(scheme.initial);
        if says_nothing && !table.points().is_empty() {
            // They stand for the first trials of a profile that does not say how many there are to be.
            scheme.initial = 1;
        }
        return Ok(Evolution::new(context, scheme, options.bool("baselines")).knowing(table.points()));
    }
    let model = Model::new("hybrid", &context, options.real("gap"))?;
    let (planned, mut seeds) = front(&model, &context.space, context.seed, options.count("front"))?;
    seeds.truncate(options.count("seeds"));
    if !options.bool("baselines") {
        context.starts.retain(|(name, _)| is_universal(name));
    }
    let named = seeds.into_iter().enumerate().map(|(number, config)| (format!("profile-{number}"), config));
    context.starts = named.chain(std::mem::take(&mut context.starts)).collect();
    let scheme = Scheme::new("hybrid", &context, options);
    let perturbed = Perturbed::new(context.seed, context.space.clone(), model, NOISE, REDRAWS);
    Ok(Evolution::new(context, scheme, true).with_plan(planned, perturbed))
}
