//! Fill: what is left of the budgets is spent.

use super::super::problem::Flat;
use super::{Change, Draft};

impl Draft {
    /// Spends what is left of the budgets, most gain per use first, until nothing fits.
    pub(in super::super) fn fill(&mut self, flat: &Flat) {
        loop {
            let mut gains: Vec<(f64, usize, usize)> = Vec::new();
            for slot in 0..flat.slots() {
                for change in self.singles(flat, slot) {
                    let Change::Single { option, .. } = change else { continue };
                    let moves = [(slot, option)];
                    let gain = self.gain(flat, &moves);
                    if gain > 0.0 && self.violation(flat, &moves) == 0.0 {
                        let (new, old) = (flat.costs(slot, option), flat.costs(slot, self.options[slot]));
                        let use_of: f64 = new.iter().zip(old).map(|(new, old)| new - old).sum();
                        gains.push((gain / use_of.max(1e-12), slot, option));
                    }
                }
            }
            gains.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut changed = false;
            for (_, slot, option) in gains {
                let moves = [(slot, option)];
                let still = self.allowed(flat, slot, option) && self.gain(flat, &moves) > 0.0;
                if still && self.violation(flat, &moves) == 0.0 {
                    self.apply(flat, &moves);
                    changed = true;
                }
            }
            if !changed {
                self.recount(flat);
                return;
            }
        }
    }
}
