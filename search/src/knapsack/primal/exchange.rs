//! Exchange: pairs of moves, one that gains and one that pays for it.

use std::collections::BTreeSet;

use super::super::problem::Flat;
use super::{Change, Core, Draft, Moves};

/// Pairs of moves that are compared at most.
const MOST_PAIRS: usize = 10_000_000;
/// Moves that are ranked again for every improvement count as so many compared pairs.
const RANKED_PER_PAIR: usize = 16;
/// Rounds with one budget at most, each in `O(moves·log moves)`.
const MOST_ROUNDS: usize = 32;

/// A move with what it gains and what it adds to every budget.
struct Ranked {
    gain: f64,
    /// Where its costs begin among the costs of all.
    costs: usize,
    block: usize,
    change: Change,
}

/// Moves and what they cost.
#[derive(Default)]
struct Ranking {
    moves: Vec<Ranked>,
    costs: Vec<f64>,
}

impl Draft {
    /// Improves by pairs of moves of different blocks, as long as some pair does, within the options of `core`.
    pub(in super::super) fn exchange(&mut self, flat: &Flat, core: &Core) {
        match flat.budgets() {
            0 => {}
            1 => self.best_pairs(flat, core),
            _ => self.first_pairs(flat, core),
        }
        self.recount(flat);
    }

    /// What is a relative improvement and not rounding.
    fn tiny(&self) -> f64 {
        1e-12 * self.damage.abs().max(1e-300)
    }

    fn ranking(&self, flat: &Flat, core: &Core) -> Ranking {
        let mut ranking = Ranking::default();
        for &slot in &core.slots {
            self.rank(flat, core, self.singles(flat, slot), &mut ranking);
        }
        for block in 0..flat.ruled() {
            self.rank(flat, core, self.compounds(flat, block), &mut ranking);
        }
        ranking
    }

    fn rank(&self, flat: &Flat, core: &Core, changes: impl Iterator<Item = Change>, ranking: &mut Ranking) {
        let mut moves = Moves::new();
        for change in changes {
            if matches!(change, Change::Single { slot, option } if !core.has(flat, slot, option)) {
                continue;
            }
            self.expand(flat, change, &mut moves);
            let costs = ranking.costs.len();
            ranking.costs.resize(costs + flat.budgets(), 0.0);
            for &(slot, option) in &moves {
                let (new, old) = (flat.costs(slot, option), flat.costs(slot, self.options[slot]));
                let sums = ranking.costs[costs..].iter_mut();
                sums.zip(new.iter().zip(old)).for_each(|(cost, (new, old))| *cost += new - old);
            }
            let (gain, block) = (self.gain(flat, &moves), change.block(flat));
            ranking.moves.push(Ranked { gain, costs, block, change });
        }
    }

    /// Any number of budgets: the first pair that gains and fits, the largest gains first.
    fn first_pairs(&mut self, flat: &Flat, core: &Core) {
        let mut ranking = self.ranking(flat, core);
        let mut compared = 0;
        loop {
            ranking.moves.sort_by(|a, b| b.gain.total_cmp(&a.gain));
            let Some((first, second)) = self.first_pair(flat, &ranking, &mut compared) else { return };
            let mut touched = vec![ranking.moves[first].block];
            let mut moves = Moves::new();
            for at in [Some(first), second].into_iter().flatten() {
                let Ranked { change, block, .. } = ranking.moves[at];
                self.expand(flat, change, &mut moves);
                self.apply(flat, &moves);
                touched.push(block);
            }
            touched.dedup();
            compared += ranking.moves.len() / RANKED_PER_PAIR;
            ranking.moves.retain(|ranked| !touched.contains(&ranked.block));
            for block in touched {
                for &slot in &flat.blocks[block].slots {
                    self.rank(flat, core, self.singles(flat, slot), &mut ranking);
                }
                self.rank(flat, core, self.compounds(flat, block), &mut ranking);
            }
        }
    }

    fn first_pair(
        &self,
        flat: &Flat,
        ranking: &Ranking,
        compared: &mut usize,
    ) -> Option<(usize, Option<usize>)> {
        let tiny = self.tiny();
        let left: Vec<f64> = flat.limit.iter().zip(&self.used).map(|(limit, used)| limit - used).collect();
        let costs = |ranked: &Ranked| &ranking.costs[ranked.costs..ranked.costs + left.len()];
        for (at, first) in ranking.moves.iter().enumerate().take_while(|(_, first)| first.gain > tiny) {
            *compared += 1;
            if costs(first).iter().zip(&left).all(|(cost, left)| cost <= left) {
                return Some((at, None));
            }
            let gains = |second: &Ranked| first.gain + second.gain > tiny;
            for (with, second) in ranking.moves.iter().enumerate().take_while(|(_, second)| gains(second)) {
                *compared += 1;
                if *compared > MOST_PAIRS {
                    return None;
                }
                let both = costs(first).iter().zip(costs(second));
                if first.block != second.block && both.zip(&left).all(|((a, b), left)| a + b <= *left) {
                    return Some((at, Some(with)));
                }
            }
        }
        None
    }

    /// One budget: for every move the best one that pays for it, by cost; those that gain most first, each block once in a
    /// round.
    fn best_pairs(&mut self, flat: &Flat, core: &Core) {
        let mut moves = Moves::new();
        for _ in 0..MOST_ROUNDS {
            let ranking = self.ranking(flat, core);
            let pairs = self.improving_pairs(flat, &ranking);
            if pairs.is_empty() {
                return;
            }
            let mut touched: BTreeSet<usize> = BTreeSet::new();
            for (_, first, second) in pairs {
                let pair = || [Some(first), second].into_iter().flatten().map(|at| &ranking.moves[at]);
                let cost: f64 = pair().map(|ranked| ranking.costs[ranked.costs]).sum();
                if pair().any(|ranked| touched.contains(&ranked.block)) || self.used[0] + cost > flat.limit[0]
                {
                    continue;
                }
                for ranked in pair() {
                    touched.insert(ranked.block);
                    self.expand(flat, ranked.change, &mut moves);
                    self.apply(flat, &moves);
                }
            }
        }
    }

    /// For every move that gains, the best move of another block that leaves both within the budget, with the gain of both;
    /// the largest first.
    fn improving_pairs(&self, flat: &Flat, ranking: &Ranking) -> Vec<(f64, usize, Option<usize>)> {
        let (tiny, left) = (self.tiny(), flat.limit[0] - self.used[0]);
        let cost = |at: usize| ranking.costs[ranking.moves[at].costs];
        let mut by_cost: Vec<usize> = (0..ranking.moves.len()).collect();
        by_cost.sort_by(|&a, &b| cost(a).total_cmp(&cost(b)));
        // Up to each cost: the move with most gain, and the best one of another block than its.
        let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(by_cost.len());
        let gain = |at: usize| ranking.moves[at].gain;
        let block = |at: usize| ranking.moves[at].block;
        for &at in &by_cost {
            let next = match best.last().copied() {
                None => (at, None),
                Some((first, second)) if gain(at) > gain(first) => {
                    (at, if block(at) == block(first) { second } else { Some(first) })
                }
                Some((first, second)) => {
                    let better =
                        block(at) != block(first) && second.is_none_or(|second| gain(at) > gain(second));
                    (first, if better { Some(at) } else { second })
                }
            };
            best.push(next);
        }
        let mut pairs: Vec<(f64, usize, Option<usize>)> = Vec::new();
        for first in (0..ranking.moves.len()).filter(|&first| gain(first) > tiny) {
            let room = left - cost(first);
            if room >= 0.0 {
                pairs.push((gain(first), first, None));
            }
            let payable = by_cost.partition_point(|&at| cost(at) <= room);
            let Some(&(one, other)) = payable.checked_sub(1).and_then(|last| best.get(last)) else {
                continue;
            };
            let with = if block(one) == block(first) { other } else { Some(one) };
            if let Some(with) = with.filter(|&with| gain(first) + gain(with) > tiny) {
                pairs.push((gain(first) + gain(with), first, Some(with)));
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        pairs
    }
}
