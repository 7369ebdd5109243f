//! Whether damages add up, from a few configs that leave the reference in many cells at once.

/// Share of a promised gain that has to come true.
const KEPT: f64 = 0.5;
/// Gains that are smaller than this share of how much sums of damages vary say nothing: they may be no more than rounding, and
/// a table is for the damages.
const TINY: f64 = 0.05;
/// Largest error of sums over half of all cells, as a share of how much the sums vary there. Chosen on generated problems: pairs
/// that vary as much as single cells are mostly above it, those that vary a third as much are mostly below.
const WRONG: f64 = 1.3;
/// Fewest pairs of cells that have to be changed together before sums are judged.
const PAIRS: usize = 15;

/// What sums of damages promised, and what became of it.
#[derive(Default)]
pub(super) struct Doubt {
    promised: f64,
    kept: f64,
    wrong: f64,
    spread: f64,
    /// Pairs of cells that were changed together.
    pairs: usize,
}

impl Doubt {
    /// Cells were changed to what is best for each: the sum of their gains, and the gain of all together. Where evaluations are
    /// noisy, the best of several looks better than it is, and little of the promise comes true. A failure says nothing.
    pub(super) fn gains(&mut self, promised: f64, kept: f64) {
        if promised.is_finite() && kept.is_finite() {
            self.promised += promised;
            self.kept += kept;
        }
    }

    /// Some of `all` cells were changed: their damages, and that of all together. How wrong the sum is, is extrapolated to
    /// configs in which half of all cells are changed: pairs that interact are as many as the square of the cells.
    pub(super) fn sum(&mut self, damages: &[f64], together: f64, all: usize) {
        let pairs = damages.len().saturating_sub(1) as f64 / all.saturating_sub(1).max(1) as f64;
        let spread: f64 = damages.iter().map(|damage| damage * damage).sum::<f64>() / 4.0;
        if pairs > 0.0 && together.is_finite() && spread.is_finite() {
            self.wrong += (together - damages.iter().sum::<f64>()).powi(2) / pairs;
            self.spread += spread;
            self.pairs += damages.len() * (damages.len() - 1) / 2;
        }
    }

    /// Whether a table would mislead.
    pub(super) fn is_justified(&self) -> bool {
        let sums = self.pairs >= PAIRS && self.wrong > WRONG * WRONG * self.spread;
        let tiny = self.promised <= TINY * self.spread.sqrt();
        sums || (!tiny && self.kept < KEPT * self.promised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIX: [f64; 6] = [1.0, 2.0, 3.0, 1.0, 2.0, 3.0];

    #[test]
    fn gains_that_do_not_come_true_are_held_against_a_table() {
        let mut doubt = Doubt::default();
        assert!(!doubt.is_justified(), "nothing was seen");
        doubt.gains(4.0, 3.5);
        assert!(!doubt.is_justified());
        doubt.gains(4.0, 0.1);
        assert!(doubt.is_justified(), "3.6 of 8");
        let mut failed = Doubt::default();
        failed.gains(4.0, f64::NAN);
        assert!(!failed.is_justified(), "a failure says nothing");
    }

    #[test]
    fn gains_that_are_tiny_beside_the_damages_say_nothing() {
        let mut doubt = Doubt::default();
        doubt.sum(&SIX, 12.0, 12);
        doubt.gains(1e-6, -1e-6);
        assert!(!doubt.is_justified());
        doubt.gains(0.5, 0.1);
        assert!(doubt.is_justified(), "half of a damage is no rounding");
    }

    #[test]
    fn sums_that_are_wrong_are_held_against_a_table() {
        // Of twelve cells. Over all of them the error of 2 is √(11/5) times as large, where sums vary by √7.
        let of = |together: f64| {
            let mut doubt = Doubt::default();
            doubt.sum(&SIX, together, 12);
            doubt.is_justified()
        };
        assert!(!of(12.0) && !of(14.0) && !of(10.0));
        assert!(of(15.0) && of(9.0));
        assert!(!of(f64::NAN), "a failure says nothing");
        let mut few = Doubt::default();
        few.sum(&[1.0, 2.0], 50.0, 12);
        assert!(!few.is_justified(), "one pair says little");
    }
}
