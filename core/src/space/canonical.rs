//! The canonical form of configs: one text, and so one hash, for each point.

use super::feasible::affine_rounding;
use super::{Config, Domain, Space, Value};

impl Space {
    /// `config` in canonical form: subsets ascending, no negative zero, affine sums exact to 1e-9, and
    /// cells that do not count at their first value.
    /// Does not check anything; see [`Space::check`].
    #[must_use]
    pub fn canonical(&self, config: Config) -> Config {
        let mut config = self.canonical_values(config);
        self.reset_inactive(&mut config);
        config
    }

    /// The same, cell by cell: cells that do not count keep what they hold.
    pub(super) fn canonical_values(&self, mut config: Config) -> Config {
        for (dimension, cells) in self.dimensions.iter().zip(&mut config.dimensions) {
            for value in cells {
                match value {
                    Value::Real(number) => *number += 0.0,
                    Value::Indices(indices) if matches!(dimension.domain, Domain::Subset { .. }) => {
                        indices.sort_unstable();
                        indices.dedup();
                    }
                    Value::Reals(numbers) => {
                        if let Domain::Affine { sum, .. } = dimension.domain {
                            let error = (sum - numbers.iter().sum::<f64>()) / numbers.len() as f64;
                            if error.abs() > affine_rounding(numbers).max(1e-9) {
                                numbers.iter_mut().for_each(|number| *number += error);
                            }
                        }
                        numbers.iter_mut().for_each(|number| *number += 0.0);
                    }
                    Value::Index(_) | Value::Int(_) | Value::Indices(_) => {}
                }
            }
        }
        config
    }
}
