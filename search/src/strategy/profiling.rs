//! Profiling: plan with a sensitivity table, validate by real evaluation.
//!
//! The additive model behind the table is solved as a multiple-choice knapsack with a proven bound. Proposed first is
//! its optimum, then its Pareto set (for several objectives by the ε-constraint method, as MoA does, arXiv
//! 2406.14909; for one by tighter budgets), then optima of tables whose damages are perturbed: what would
//! be best if the measurements were a little different.

mod front;
mod model;
mod perturbed;

use std::collections::VecDeque;

use attune_core::rng;
use attune_core::setting::{OptionKind, OptionSpec, Setting};
use attune_core::space::Config;
use attune_core::strategy::{Observation, Origin, Planned, Proposal, Strategy};

pub(super) use front::front;
pub(super) use model::Model;
pub(super) use perturbed::{NOISE, Perturbed};

use super::fresh::Fresh;
use super::options::{self, Options, spec};
use super::{SearchContext, StrategyError, StrategyInfo};

pub(super) fn info() -> StrategyInfo {
    let mut options = option_specs();
    options.push(options::count("generation", "Proposals that are evaluated together.", 8, 1 << 16));
    options.extend(perturbed::option_specs());
    StrategyInfo {
        name: "profiling",
        summary: "Solves a sensitivity table for the budgets and validates the best allocations.",
        options,
    }
}

/// The option that says where the table comes from, and what it may say.
pub(super) const SIGNAL: &str = "signal";
pub(super) const MEASURED: &str = "measured";
pub(super) const GRADIENT: &str = "gradient";

/// Options of everything that plans with a table.
pub(super) fn option_specs() -> Vec<OptionSpec> {
    let gap = OptionKind::Real { min: 0.0, max: 1.0 };
    let signal = OptionKind::OneOf([MEASURED, GRADIENT].map(str::to_owned).to_vec());
    let signal_help = "Where damages come from: evaluating every choice on its own, or the technique's estimate from gradients.";
    vec![
        spec(SIGNAL, signal_help, signal, Setting::Text(MEASURED.to_owned())),
        options::count("front", "Allocations of the Pareto set, for each further objective.", 8, 1 << 12),
        spec("gap", "Relative gap to the proven bound at which planning stops.", gap, Setting::Real(1e-4)),
    ]
}

pub(super) struct Profiling {
    seed: u64,
    perturbed: Perturbed,
    planned: Planned,
    front: VecDeque<Config>,
    generation: usize,
    fresh: Fresh,
    next: u64,
}

impl Profiling {
    pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Result<Self, StrategyError> {
        let model = Model::new("profiling", &context, options.real("gap"))?;
        let (planned, front) = front(&model, &context.space, context.seed, options.count("front"))?;
        Ok(Self {
            planned,
            seed: context.seed,
            perturbed: Perturbed::from_options(context.seed, context.space.clone(), model, options),
            front: front.into(),
            generation: options.count("generation"),
            fresh: Fresh::new(context.space),
            next: 0,
        })
    }

    fn propose(&mut self) -> Option<Proposal> {
        let index = self.next;
        let planned = self.front.pop_front().or_else(|| self.perturbed.draw(index, &self.fresh));
        let config = match planned {
            Some(config) => {
                self.fresh.claim(&config);
                Some((config, Origin::Start(format!("profile-{index}"))))
            }
            None => {
                let mut random = rng::derive(self.seed, "profiling", &[index, u64::MAX]);
                self.fresh.random(&mut random).map(|config| (config, Origin::Random))
            }
        };
        let (config, origin) = config?;
        self.next += 1;
        Some(Proposal { index, config, origin })
    }
}

impl Strategy for Profiling {
    fn name(&self) -> &'static str {
        "profiling"
    }

    fn ask(&mut self, limit: usize) -> Vec<Proposal> {
        (0..limit.min(self.generation)).map_while(|_| self.propose()).collect()
    }

    fn planned(&self) -> Option<&Planned> {
        Some(&self.planned)
    }

    fn tell(&mut self, _observations: &[Observation]) {}
}
