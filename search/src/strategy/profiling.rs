//! Profiling: plan with a sensitivity table, validate by real evaluation.
//!
//! The additive model behind the table is solved as a multiple-choice knapsack with a proven bound. Proposed first is
//! its optimum, then the technique's baselines, so that a table which misleads does not end behind one of them, then its
//! Pareto set (for several objectives by the ε-constraint method, as MoA does, arXiv 2406.14909; for one by tighter
//! budgets), then optima of tables whose damages are perturbed: what would be best if the measurements were a little
//! different.

mod front;
mod model;
mod perturbed;

use std::collections::VecDeque;

use attune_core::options::{OptionKind, OptionSpec, OptionValue};
use attune_core::rng;
use attune_core::space::Config;
use attune_core::strategy::{Observation, Origin, Planned, Proposal, Strategy};

pub(super) use front::front;
pub(super) use model::{Model, check};
pub(super) use perturbed::{NOISE, Perturbed};

use super::fresh::Fresh;
use super::options::{self, Options, spec};
use super::{SearchContext, StrategyError, StrategyInfo, is_universal, usable};

pub(super) fn info() -> StrategyInfo {
    let mut options = option_specs();
    options.push(options::count("generation", "Proposals that are evaluated together.", 8, 1 << 16));
    options.extend(perturbed::option_specs());
    options
        .push(options::baselines("Validate the technique's baselines beside what the table says is best."));
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
        spec(SIGNAL, signal_help, signal, OptionValue::Text(MEASURED.to_owned())),
        options::count("front", "Allocations of the Pareto set, for each further objective.", 8, 1 << 12),
        spec(
            "gap",
            "Relative gap to the proven bound at which planning stops.",
            gap,
            OptionValue::Real(1e-4),
        ),
    ]
}

pub(super) struct Profiling {
    seed: u64,
    perturbed: Perturbed,
    planned: Planned,
    /// What is proposed before tables are perturbed, in that order.
    prepared: VecDeque<(String, Config)>,
    generation: usize,
    fresh: Fresh,
    next: u64,
}

impl Profiling {
    pub(super) fn new(context: SearchContext, options: &Options<'_>) -> Result<Self, StrategyError> {
        let model = Model::new("profiling", &context, options.real("gap"))?;
        let (planned, front) = front(&model, &context.space, context.seed, options.count("front"))?;
        let mut starts = usable(&context.space, context.starts);
        starts.retain(|(name, _)| options.bool("baselines") || is_universal(name));
        let mut plans =
            front.into_iter().enumerate().map(|(rank, config)| (format!("profile-{rank}"), config));
        let optimum: Vec<_> = plans.next().into_iter().collect();
        Ok(Self {
            planned,
            seed: context.seed,
            perturbed: Perturbed::from_options(context.seed, context.space.clone(), model, options),
            prepared: optimum.into_iter().chain(starts).chain(plans).collect(),
            generation: options.count("generation"),
            fresh: Fresh::new(context.space),
            next: 0,
        })
    }

    /// The next of what was prepared that is new, then an optimum of a perturbed table.
    fn next_planned(&mut self, index: u64) -> Option<(Config, Origin)> {
        while let Some((name, config)) = self.prepared.pop_front() {
            if self.fresh.claim(&config) {
                return Some((config, Origin::Start(name)));
            }
        }
        let config = self.perturbed.draw(index, &self.fresh)?;
        self.fresh.claim(&config);
        Some((config, Origin::Start(format!("profile-{index}"))))
    }

    fn propose(&mut self) -> Option<Proposal> {
        let index = self.next;
        let (config, origin) = self.next_planned(index).or_else(|| {
            let mut random = rng::derive(self.seed, "profiling", &[index, u64::MAX]);
            self.fresh.random(&mut random).map(|config| (config, Origin::Random))
        })?;
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
