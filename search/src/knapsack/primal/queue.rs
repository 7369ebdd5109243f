//! Changes that lower the violation of budgets, the cheapest first.
//!
//! Every unit (a slot, or a block with a rule) has its best change in a heap. With one budget, a change only becomes dearer
//! while the violation shrinks, since what it gives beyond the violation is worth nothing; so prices in the heap are lower
//! bounds, and a price is worked out again only when it comes to the top (lazy evaluation; Minoux, "Accelerated greedy
//! algorithms", 1978). With several, a price may fall, and the order is only nearly greedy. A repair of `k` steps takes `O((slots + k)·log slots)`.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::super::problem::Flat;
use super::{Change, Draft, Moves};

/// Relief below this is rounding.
const TINY: f64 = 1e-15;

/// Which changes a queue holds.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Units {
    /// One of a slot each.
    Slots,
    /// Compound ones of a block each.
    Blocks,
}

/// The best change of every unit.
pub(super) struct Queue {
    units: Units,
    heap: BinaryHeap<Entry>,
    /// How often a unit was refreshed: entries from before are void.
    stamps: Vec<u32>,
    moves: Moves,
}

struct Entry {
    price: f64,
    unit: usize,
    stamp: u32,
}

impl Ord for Entry {
    /// The cheapest is the greatest; of equal ones the first unit.
    fn cmp(&self, other: &Self) -> Ordering {
        other.price.total_cmp(&self.price).then(other.unit.cmp(&self.unit))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl Queue {
    pub(super) fn new(draft: &Draft, flat: &Flat, units: Units) -> Self {
        let count = match units {
            Units::Slots => flat.slots(),
            Units::Blocks => flat.ruled(),
        };
        let mut queue = Self { units, heap: BinaryHeap::new(), stamps: vec![0; count], moves: Moves::new() };
        let before = draft.violation(flat, &[]);
        let entry = |unit| {
            let (price, _) = queue.best(draft, flat, unit, before)?;
            Some(Entry { price, unit, stamp: 0 })
        };
        let entries: Vec<Entry> = (0..count).filter_map(entry).collect();
        queue.heap = BinaryHeap::from(entries);
        queue
    }

    /// The change with the least price per relief, into `moves`; false when no change relieves.
    pub(super) fn pop(&mut self, draft: &Draft, flat: &Flat, before: f64, moves: &mut Moves) -> bool {
        while let Some(entry) = self.heap.pop() {
            if entry.stamp != self.stamps[entry.unit] {
                continue;
            }
            let Some((price, change)) = self.best(draft, flat, entry.unit, before) else { continue };
            let now = Entry { price, ..entry };
            if self.heap.peek().is_some_and(|next| *next > now) {
                self.heap.push(now);
                continue;
            }
            draft.expand(flat, change, moves);
            return true;
        }
        false
    }

    /// The units that `moves` touched have other changes now.
    pub(super) fn refresh(&mut self, draft: &Draft, flat: &Flat, before: f64, moves: &[(usize, usize)]) {
        let mut last = None;
        for &(slot, _) in moves {
            let block = flat.block_of[slot];
            if block >= flat.ruled() {
                if self.units == Units::Slots {
                    self.renew(draft, flat, before, slot);
                }
            } else if last.replace(block) != Some(block) {
                match self.units {
                    Units::Slots => {
                        flat.blocks[block]
                            .slots
                            .iter()
                            .for_each(|&slot| self.renew(draft, flat, before, slot));
                    }
                    Units::Blocks => self.renew(draft, flat, before, block),
                }
            }
        }
    }

    fn renew(&mut self, draft: &Draft, flat: &Flat, before: f64, unit: usize) {
        self.stamps[unit] += 1;
        if let Some((price, _)) = self.best(draft, flat, unit, before) {
            self.heap.push(Entry { price, unit, stamp: self.stamps[unit] });
        }
    }

    /// The cheapest change of a unit and its price: damage per relief; below −1 when it does no damage.
    fn best(&mut self, draft: &Draft, flat: &Flat, unit: usize, before: f64) -> Option<(f64, Change)> {
        let moves = &mut self.moves;
        let mut best: Option<(f64, Change)> = None;
        let mut look = |change: Change| {
            draft.expand(flat, change, moves);
            let relief = before - draft.violation(flat, moves);
            if relief > TINY {
                let gain = draft.gain(flat, moves);
                // A move that gains as well beats any ratio.
                let price = if gain >= 0.0 { -1.0 - gain } else { -gain / relief };
                if best.as_ref().is_none_or(|(least, _)| price < *least) {
                    best = Some((price, change));
                }
            }
        };
        match self.units {
            Units::Slots => draft.singles(flat, unit).for_each(&mut look),
            Units::Blocks => draft.compounds(flat, unit).for_each(&mut look),
        }
        best
    }
}
