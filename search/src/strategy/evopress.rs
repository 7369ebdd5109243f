//! EvoPress' search: a (1 + λ) strategy whose mutations keep budgets exactly (arXiv 2410.14649, §3.3).
//!
//! The paper's λ is 128 for quantisation (150 generations), 64 for sparsity (400), 32 for dropping blocks, and 16
//! in its fast variant (400). Its selection of survivors on growing data belongs to the session, not to
//! the strategy.

use std::sync::Arc;

use super::evolution::{Evolution, Scheme};
use super::options::{self, Options};
use super::population::Population;
use super::size::Size;
use super::{SearchContext, StrategyInfo};
use crate::operators::{Choosing, LevelSwitch};

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        name: "evopress",
        summary: "One parent and level switches that keep every budget exactly, as EvoPress searches.",
        options: vec![
            options::count(
                "offspring",
                "Children of one generation: the paper takes 128 for bits, 64 for sparsity, 32 for blocks.",
                128,
                1 << 16,
            ),
            options::count(
                "initial",
                "Trials before evolving: starting points, then random ones.",
                1,
                1 << 20,
            ),
        ],
    }
}

pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Evolution {
    let scheme = Scheme {
        name: "evopress",
        initial: options.count("initial"),
        generation: Size::Fixed(options.count("offspring")),
        redraws: 64,
        screen: 1,
        crossover: 0.0,
        selection: Box::new(Population::new(Size::Fixed(1), 1)),
        operators: Arc::new(LevelSwitch::new(context.space.clone())),
        choosing: Choosing::evenly(&[]),
    };
    Evolution::new(context, scheme, false)
}
