//! Repair: an allocation that keeps its rules is brought within its budgets.

use super::super::problem::Flat;
use super::queue::{Queue, Units};
use super::{Draft, Moves};

impl Draft {
    /// Lowers the violation by the moves that do least damage for it. Returns whether the budgets are met.
    pub(in super::super) fn repair(&mut self, flat: &Flat) -> bool {
        let mut steps = 4 * flat.slots() + 16;
        while !self.fits(flat) {
            let left = steps;
            self.relieve(flat, &mut steps);
            // Sums of many changes differ from fresh ones by rounding, which may be what is missing.
            self.recount(flat);
            if left == steps {
                return self.fits(flat);
            }
        }
        true
    }

    /// Applies moves until the budgets are met, nothing helps any more, or `steps` are used up.
    fn relieve(&mut self, flat: &Flat, steps: &mut usize) {
        let mut singles = Queue::new(self, flat, Units::Slots);
        let mut compounds: Option<Queue> = None;
        let mut moves = Moves::new();
        while *steps > 0 {
            let before = self.violation(flat, &[]);
            if before == 0.0 {
                return;
            }
            if !singles.pop(self, flat, before, &mut moves) {
                let queue = compounds.get_or_insert_with(|| Queue::new(self, flat, Units::Blocks));
                if !queue.pop(self, flat, before, &mut moves) {
                    return;
                }
            }
            *steps -= 1;
            self.apply(flat, &moves);
            let now = self.violation(flat, &[]);
            singles.refresh(self, flat, now, &moves);
            if let Some(queue) = &mut compounds {
                queue.refresh(self, flat, now, &moves);
            }
        }
    }
}
