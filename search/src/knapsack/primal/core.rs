//! The core: options that an allocation better than the best known one may have.
//!
//! Under the best prices an option costs so much more than the cheapest one of its slot; an allocation that has it does at
//! least that much more damage than the bound (reduced-cost fixing; Pisinger 1995, "A minimal algorithm for the
//! multiple-choice knapsack problem", §3). The closer bound and best allocation are, the fewer slots are left to decide.

use super::super::problem::Flat;

/// Slots without a rule that have a choice, with the options that are left of them, and all slots of blocks with one.
pub(in super::super) struct Core {
    pub(super) slots: Vec<usize>,
    /// By option of all slots.
    open: Vec<bool>,
}

impl Core {
    /// What is left under `prices`, which prove `bound`, where damages from `cutoff` on are of no use.
    pub(in super::super) fn new(flat: &Flat, prices: &[f64], bound: f64, cutoff: f64) -> Self {
        let priced = flat.priced(1.0, prices);
        let room = cutoff - bound;
        let mut open = vec![true; priced.len()];
        let free = |slot: &usize| flat.block_of[*slot] >= flat.ruled();
        for slot in (0..flat.slots()).filter(free) {
            let row = flat.first[slot]..flat.first[slot + 1];
            let least = priced[row.clone()].iter().copied().fold(f64::INFINITY, f64::min);
            for at in row {
                open[at] = priced[at] - least < room;
            }
        }
        let choice = |slot: &usize| {
            !free(slot)
                || open[flat.first[*slot]..flat.first[slot + 1]].iter().filter(|open| **open).count() > 1
        };
        Self { slots: (0..flat.slots()).filter(choice).collect(), open }
    }

    /// How many slots are left to decide.
    pub(in super::super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Whether a slot may take an option.
    pub(super) fn has(&self, flat: &Flat, slot: usize, option: usize) -> bool {
        self.open[flat.first[slot] + option]
    }
}
