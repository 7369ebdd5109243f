//! Primal heuristic: allocations that keep every rule, brought within budget, then improved.

use super::problem::{BlockRule, Flat};

/// Options of slots that change together.
type Move = Vec<(usize, usize)>;

/// Pairs of moves that one improvement compares at most.
const MOST_PAIRS: usize = 10_000_000;
/// With one budget, labels close the gap quicker than more pairs do.
const MOST_PAIRS_OF_ONE: usize = 100_000;

/// An allocation that keeps every rule, with its books.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) options: Vec<usize>,
    pub(super) damage: f64,
    used: Vec<f64>,
    /// How often every option is used in every block.
    counts: Vec<Vec<usize>>,
    /// How many options are used at all in every block.
    distinct: Vec<usize>,
}

impl Draft {
    pub(super) fn new(flat: &Flat, options: Vec<usize>) -> Self {
        let mut draft = Self {
            damage: 0.0,
            used: vec![0.0; flat.budgets()],
            counts: flat.blocks.iter().map(|block| vec![0; flat.options(block.slots[0])]).collect(),
            distinct: vec![0; flat.blocks.len()],
            options,
        };
        for slot in 0..flat.slots() {
            let option = draft.options[slot];
            draft.damage += flat.damage(slot, option);
            draft.used.iter_mut().zip(flat.costs(slot, option)).for_each(|(used, cost)| *used += cost);
            draft.book(flat.block_of[slot], option);
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
            self.counts[block][old] -= 1;
            self.distinct[block] -= usize::from(self.counts[block][old] == 0);
            self.book(block, option);
        }
    }

    fn book(&mut self, block: usize, option: usize) {
        self.counts[block][option] += 1;
        self.distinct[block] += usize::from(self.counts[block][option] == 1);
    }

    /// Sums again from scratch, free of the rounding of many small changes.
    fn recount(&mut self, flat: &Flat) {
        *self = Self::new(flat, std::mem::take(&mut self.options));
    }

    /// Whether `slot` alone may take `option`.
    fn allowed(&self, flat: &Flat, slot: usize, option: usize) -> bool {
        let block = flat.block_of[slot];
        let (counts, old) = (&self.counts[block], self.options[slot]);
        match flat.blocks[block].rule {
            _ if option == old => false,
            BlockRule::Free => true,
            BlockRule::Distinct(most) => {
                counts[option] > 0 || counts[old] == 1 || self.distinct[block] < most
            }
            BlockRule::Pick(min, max) => {
                if option == 1 {
                    counts[1] < max
                } else {
                    counts[1] > min
                }
            }
        }
    }

    /// Every change of one slot that rules allow.
    fn singles(&self, flat: &Flat) -> Vec<Move> {
        let options = |slot| (0..flat.options(slot)).map(move |option| (slot, option));
        let all = (0..flat.slots()).flat_map(options);
        all.filter(|&(slot, option)| self.allowed(flat, slot, option)).map(|change| vec![change]).collect()
    }

    /// Changes within one group that single slots cannot make: an option replaced everywhere, a picked slot
    /// exchanged for another.
    fn compounds(&self, flat: &Flat) -> Vec<Move> {
        let mut moves = Vec::new();
        for (block, counts) in flat.blocks.iter().zip(&self.counts) {
            let with = |option: usize| block.slots.iter().filter(move |slot| self.options[**slot] == option);
            match block.rule {
                BlockRule::Free => {}
                BlockRule::Distinct(_) => {
                    for from in (0..counts.len()).filter(|from| counts[*from] > 0) {
                        for to in (0..counts.len()).filter(|to| *to != from) {
                            moves.push(with(from).map(|&slot| (slot, to)).collect());
                        }
                    }
                }
                BlockRule::Pick(..) => {
                    for &inside in with(1) {
                        moves.extend(with(0).map(|&outside| vec![(inside, 0), (outside, 1)]));
                    }
                }
            }
        }
        moves
    }

    /// Lowers the violation by the moves that do least damage for it. Returns whether the budgets are met.
    pub(super) fn repair(&mut self, flat: &Flat) -> bool {
        for _ in 0..4 * flat.slots() + 16 {
            let before = self.violation(flat, &[]);
            if before == 0.0 {
                self.recount(flat);
                return self.fits(flat);
            }
            let cheapest = |moves: Vec<Move>| {
                let mut best: Option<(f64, Move)> = None;
                for change in moves {
                    let relief = before - self.violation(flat, &change);
                    if relief > 1e-15 {
                        let gain = self.gain(flat, &change);
                        // A move that gains as well beats any ratio.
                        let price = if gain >= 0.0 { -1.0 - gain } else { -gain / relief };
                        if best.as_ref().is_none_or(|(least, _)| price < *least) {
                            best = Some((price, change));
                        }
                    }
                }
                best.map(|(_, change)| change)
            };
            let Some(change) = cheapest(self.singles(flat)).or_else(|| cheapest(self.compounds(flat))) else {
                return false;
            };
            self.apply(flat, &change);
        }
        false
    }

    /// Spends what is left of the budgets, most gain per use first, until nothing fits.
    pub(super) fn fill(&mut self, flat: &Flat) {
        loop {
            let mut gains: Vec<(f64, Move)> = Vec::new();
            for change in self.singles(flat) {
                let gain = self.gain(flat, &change);
                if gain > 0.0 && self.violation(flat, &change) == 0.0 {
                    let (slot, option) = change[0];
                    let (new, old) = (flat.costs(slot, option), flat.costs(slot, self.options[slot]));
                    let use_of: f64 = new.iter().zip(old).map(|(new, old)| new - old).sum();
                    gains.push((gain / use_of.max(1e-12), change));
                }
            }
            gains.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut changed = false;
            for (_, change) in gains {
                let (slot, option) = change[0];
                let still = self.allowed(flat, slot, option) && self.gain(flat, &change) > 0.0;
                if still && self.violation(flat, &change) == 0.0 {
                    self.apply(flat, &change);
                    changed = true;
                }
            }
            if !changed {
                self.recount(flat);
                return;
            }
        }
    }

    /// Improves by pairs of moves, one that gains and one that pays for it, as long as some pair does.
    pub(super) fn exchange(&mut self, flat: &Flat) {
        let most = if flat.budgets() == 1 { MOST_PAIRS_OF_ONE } else { MOST_PAIRS };
        let mut compared = 0;
        while compared < most {
            let moves = self.singles(flat).into_iter().chain(self.compounds(flat));
            let mut ranked: Vec<Ranked> = moves.map(|moves| self.ranked(flat, moves)).collect();
            ranked.sort_by(|a, b| b.gain.total_cmp(&a.gain));
            let Some(moves) = self.best_pair(&ranked, flat, most, &mut compared) else { break };
            self.apply(flat, &moves);
        }
        self.recount(flat);
    }

    fn ranked(&self, flat: &Flat, moves: Move) -> Ranked {
        let mut costs = vec![0.0; flat.budgets()];
        for &(slot, option) in &moves {
            let (new, old) = (flat.costs(slot, option), flat.costs(slot, self.options[slot]));
            costs.iter_mut().zip(new.iter().zip(old)).for_each(|(cost, (new, old))| *cost += new - old);
        }
        let block = moves.first().map_or(0, |(slot, _)| flat.block_of[*slot]);
        Ranked { gain: self.gain(flat, &moves), costs, block, moves }
    }

    /// The first move or pair of moves of different blocks that gains and fits.
    fn best_pair(&self, ranked: &[Ranked], flat: &Flat, most: usize, compared: &mut usize) -> Option<Move> {
        let tiny = 1e-12 * self.damage.abs().max(1e-300);
        let left: Vec<f64> = flat.limit.iter().zip(&self.used).map(|(limit, used)| limit - used).collect();
        for first in ranked.iter().take_while(|first| first.gain > tiny) {
            *compared += 1;
            if first.costs.iter().zip(&left).all(|(cost, left)| cost <= left) {
                return Some(first.moves.clone());
            }
            for second in ranked.iter().take_while(|second| first.gain + second.gain > tiny) {
                *compared += 1;
                if *compared > most {
                    return None;
                }
                let costs = first.costs.iter().zip(&second.costs);
                if first.block != second.block && costs.zip(&left).all(|((a, b), left)| a + b <= *left) {
                    return Some([first.moves.as_slice(), second.moves.as_slice()].concat());
                }
            }
        }
        None
    }
}

/// A move with what it gains and what it adds to every budget.
struct Ranked {
    gain: f64,
    costs: Vec<f64>,
    block: usize,
    moves: Move,
}
