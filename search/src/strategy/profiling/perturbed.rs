//! Optima of tables whose damages are perturbed: what would be best if the measurements were a little different.

use std::sync::Arc;

use attune_core::options::{OptionKind, OptionSpec, OptionValue};
use attune_core::rng;
use attune_core::space::{Config, Space};

use super::super::fresh::Fresh;
use super::super::options::{self, Options, spec};
use super::Model;

/// Standard deviation of the logarithm of damages when nobody says otherwise.
pub(in super::super) const NOISE: f64 = 0.3;

pub(in super::super) fn option_specs() -> [OptionSpec; 2] {
    [
        spec(
            "noise",
            "Standard deviation of the logarithm of damages when the table is perturbed.",
            OptionKind::Real { min: 0.0, max: 10.0 },
            OptionValue::Real(NOISE),
        ),
        options::count("redraws", "Perturbed tables that are tried for one new config.", 8, 1 << 16),
    ]
}

/// A model of the space and how it is perturbed.
pub(in super::super) struct Perturbed {
    seed: u64,
    space: Arc<Space>,
    model: Model,
    noise: f64,
    redraws: usize,
}

impl Perturbed {
    pub(in super::super) fn new(
        seed: u64,
        space: Arc<Space>,
        model: Model,
        noise: f64,
        redraws: usize,
    ) -> Self {
        Self { seed, space, model, noise, redraws }
    }

    /// With the options of [`option_specs`].
    pub(super) fn from_options(seed: u64, space: Arc<Space>, model: Model, options: &Options<'_>) -> Self {
        Self::new(seed, space, model, options.real("noise"), options.count("redraws"))
    }

    /// A config for proposal `index` that was not proposed yet, if a bounded number of draws finds one.
    pub(in super::super) fn draw(&self, index: u64, fresh: &Fresh) -> Option<Config> {
        (0..self.redraws as u64).find_map(|draw| {
            let mut random = rng::derive(self.seed, "profiling", &[index, draw]);
            let problem = self.model.perturbed(self.noise, &mut random);
            let config = self.model.plan(&problem, &self.space, &mut random).ok()??;
            fresh.is_new(&config).then_some(config)
        })
    }
}
