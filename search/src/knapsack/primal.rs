//! Primal heuristic: allocations that keep every rule, brought within budget, then improved.

mod core;
mod exchange;
mod fill;
mod queue;
mod repair;

use super::problem::{Block, BlockRule, Flat};

pub(super) use core::Core;

/// Options of slots that change together.
type Moves = Vec<(usize, usize)>;

/// A change of an allocation that keeps its rules.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    /// A slot takes another option.
    Single { slot: usize, option: usize },
    /// An option is replaced by another one in all slots of a block.
    Replace { block: usize, from: usize, to: usize },
    /// A picked slot is exchanged for another one.
    Swap { inside: usize, outside: usize },
}

/// An allocation that keeps every rule, with its books.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) options: Vec<usize>,
    pub(super) damage: f64,
    used: Vec<f64>,
    /// How often every option is used in every block with a rule, block after block.
    counts: Vec<u32>,
    /// How many options are used at all in every block with a rule.
    distinct: Vec<u32>,
}

impl Draft {
    pub(super) fn new(flat: &Flat, options: Vec<usize>) -> Self {
        let mut draft = Self {
            damage: 0.0,
            used: vec![0.0; flat.budgets()],
            counts: vec![0; flat.counted()],
            distinct: vec![0; flat.ruled()],
            options,
        };
        for slot in 0..flat.slots() {
            let option = draft.options[slot];
            draft.damage += flat.damage(slot, option);
            draft.used.iter_mut().zip(flat.costs(slot, option)).for_each(|(used, cost)| *used += cost);
            draft.book(flat, flat.block_of[slot], option);
        }
        draft
    }

    pub(super) fn fits(&self, flat: &Flat) -> bool {
        self.violation(flat, &[]) == 0.0
    }

    /// By how much budgets are exceeded after `moves`.
    fn violation(&self, flat: &Flat, moves: &[(usize, usize)]) -> f64 {
        let mut sum = 0.0;
        for (r, (used, limit)) in self.used.iter().zip(&flat.limit).enumerate() {
            let added = |&(slot, option): &(usize, usize)| {
                flat.costs(slot, option)[r] - flat.costs(slot, self.options[slot])[r]
            };
            sum += (used + moves.iter().map(added).sum::<f64>() - limit).max(0.0);
        }
        sum
    }

    fn gain(&self, flat: &Flat, moves: &[(usize, usize)]) -> f64 {
        let change = |&(slot, option): &(usize, usize)| {
            flat.damage(slot, self.options[slot]) - flat.damage(slot, option)
        };
        moves.iter().map(change).sum()
    }

    /// Applies `moves` to the books; rounding adds up until [`Draft::recount`].
    fn apply(&mut self, flat: &Flat, moves: &[(usize, usize)]) {
        for &(slot, option) in moves {
            let old = std::mem::replace(&mut self.options[slot], option);
            self.damage += flat.damage(slot, option) - flat.damage(slot, old);
            let (new, gone) = (flat.costs(slot, option), flat.costs(slot, old));
            self.used.iter_mut().zip(new.iter().zip(gone)).for_each(|(used, (new, old))| *used += new - old);
            let block = flat.block_of[slot];
            if block < flat.ruled() {
                let count = &mut self.counts[flat.first_count[block] + old];
                *count -= 1;
                self.distinct[block] -= u32::from(*count == 0);
            }
            self.book(flat, block, option);
        }
    }

    fn book(&mut self, flat: &Flat, block: usize, option: usize) {
        if block < flat.ruled() {
            let count = &mut self.counts[flat.first_count[block] + option];
            *count += 1;
            self.distinct[block] += u32::from(*count == 1);
        }
    }

    /// How often every option of a block with a rule is used.
    fn counts(&self, flat: &Flat, block: usize) -> &[u32] {
        &self.counts[flat.first_count[block]..flat.first_count[block + 1]]
    }

    /// Sums again from scratch, free of the rounding of many small changes.
    fn recount(&mut self, flat: &Flat) {
        *self = Self::new(flat, std::mem::take(&mut self.options));
    }

    /// Whether `slot` alone may take `option`.
    fn allowed(&self, flat: &Flat, slot: usize, option: usize) -> bool {
        let (block, old) = (flat.block_of[slot], self.options[slot]);
        if option == old || block >= flat.ruled() {
            return option != old;
        }
        let counts = self.counts(flat, block);
        match flat.blocks[block].rule {
            BlockRule::Free => true,
            BlockRule::Distinct(most) => {
                counts[option] > 0 || counts[old] == 1 || (self.distinct[block] as usize) < most
            }
            BlockRule::Pick(min, max) => {
                if option == 1 {
                    (counts[1] as usize) < max
                } else {
                    counts[1] as usize > min
                }
            }
        }
    }

    /// Every change of one slot that its rule allows.
    fn singles<'d>(&'d self, flat: &'d Flat, slot: usize) -> impl Iterator<Item = Change> + 'd {
        let options = (0..flat.options(slot)).filter(move |&option| self.allowed(flat, slot, option));
        options.map(move |option| Change::Single { slot, option })
    }

    /// Changes within one block that single slots cannot make: an option replaced everywhere, a picked slot exchanged
    /// for another.
    fn compounds<'d>(&'d self, flat: &'d Flat, block: usize) -> Box<dyn Iterator<Item = Change> + 'd> {
        let Some(Block { slots, rule }) = flat.blocks.get(block).filter(|_| block < flat.ruled()) else {
            return Box::new(std::iter::empty());
        };
        let with =
            move |option: usize| slots.iter().copied().filter(move |slot| self.options[*slot] == option);
        match rule {
            BlockRule::Free => Box::new(std::iter::empty()),
            BlockRule::Distinct(_) => {
                let counts = self.counts(flat, block);
                let used = (0..counts.len()).filter(|from| counts[*from] > 0);
                let others = |from| (0..counts.len()).filter(move |to| *to != from);
                Box::new(
                    used.flat_map(move |from| {
                        others(from).map(move |to| Change::Replace { block, from, to })
                    }),
                )
            }
            BlockRule::Pick(..) => Box::new(
                with(1).flat_map(move |inside| with(0).map(move |outside| Change::Swap { inside, outside })),
            ),
        }
    }

    /// What a change does, slot by slot, into `moves`.
    fn expand(&self, flat: &Flat, change: Change, moves: &mut Moves) {
        moves.clear();
        match change {
            Change::Single { slot, option } => moves.push((slot, option)),
            Change::Swap { inside, outside } => moves.extend([(inside, 0), (outside, 1)]),
            Change::Replace { block, from, to } => {
                let slots = flat.blocks[block].slots.iter().filter(|slot| self.options[**slot] == from);
                moves.extend(slots.map(|&slot| (slot, to)));
            }
        }
    }
}

impl Change {
    /// The block that it changes.
    fn block(self, flat: &Flat) -> usize {
        match self {
            Self::Single { slot, .. } | Self::Swap { inside: slot, .. } => flat.block_of[slot],
            Self::Replace { block, .. } => block,
        }
    }
}
