//! KVTuner's search: NSGA-II with the constants of Optuna's sampler (arXiv 2502.04420; population 50,
//! crossover 0.9 with each cell from either parent, each cell redrawn with probability 1/n). The paper spends
//! 100 evaluations. Constraints are kept here and not penalised.

use std::sync::Arc;

use super::evolution::{Evolution, Scheme};
use super::nsga2::Fronts;
use super::options::{self, Options};
use super::size::Size;
use super::{SearchContext, StrategyInfo};
use crate::operators::{Choosing, Redraw};

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        name: "kvtuner",
        summary: "NSGA-II as KVTuner runs it; the paper spends 100 trials.",
        options: vec![options::count(
            "population",
            "Parents that are kept, and children of one generation.",
            50,
            1 << 16,
        )],
    }
}

pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Evolution {
    let population = options.count("population");
    let scheme = Scheme {
        name: "kvtuner",
        initial: population,
        generation: Size::Fixed(population),
        redraws: 64,
        screen: 1,
        crossover: 0.9,
        selection: Box::new(Fronts::new(population)),
        operators: Arc::new(Redraw::new(context.space.clone())),
        choosing: Choosing::evenly(&[]),
    };
    Evolution::new(context, scheme, false)
}
