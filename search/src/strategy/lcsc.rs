//! LCSC's search: evolution of the coefficients of saved checkpoints by crossover and Gaussian mutation (arXiv
//! 2404.02241: each epoch keeps the best as candidate parents and makes children of them).
//!
//! The search code is not released. The shape is the paper's; step sizes and shares are those of EEP, by the same
//! authors and of the same family, and not LCSC's own.

use std::sync::Arc;

use super::evolution::{Evolution, Scheme};
use super::options::{self, Options};
use super::population::Population;
use super::size::Size;
use super::{SearchContext, StrategyInfo};
use crate::operators::{Choosing, GroupChange};

pub(super) fn info() -> StrategyInfo {
    StrategyInfo {
        name: "lcsc",
        summary: "Crossover and Gaussian steps on checkpoint coefficients, in the manner of LCSC.",
        options: vec![
            options::count(
                "initial",
                "Trials before evolving: starting points, then random ones.",
                20,
                1 << 20,
            ),
            options::count("generation", "Children that are made of the same parents.", 20, 1 << 16),
            options::count("population", "Candidate parents that are kept.", 10, 1 << 20),
        ],
    }
}

pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Evolution {
    let scheme = Scheme {
        name: "lcsc",
        initial: options.count("initial"),
        generation: Size::Fixed(options.count("generation")),
        redraws: 64,
        screen: 1,
        crossover: 1.0,
        selection: Box::new(Population::new(Size::Fixed(options.count("population")), 1)),
        operators: Arc::new(GroupChange::new(context.space.clone())),
        choosing: Choosing::evenly(&[]),
    };
    Evolution::new(context, scheme, false)
}
