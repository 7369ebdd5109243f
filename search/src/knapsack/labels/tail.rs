//! Bounds on what the slots that are left add, and the slots in the order in which they are decided.

use super::super::dual::Dual;
use super::super::group::{columns, each_set, minimise_block, number_of_sets};
use super::super::problem::{Block, BlockRule, Flat};

/// One way to bound a completion: damage and use weighed together.
pub(super) struct Judge {
    weight: f64,
    prices: Vec<f64>,
    /// The price of every option.
    priced: Vec<f64>,
}

impl Judge {
    /// The best prices, cheaper and dearer ones (for labels that used little or much of their budget), and the use
    /// of every budget alone.
    pub(super) fn all(flat: &Flat, dual: &Dual) -> Vec<Self> {
        let scaled = [1.0, 0.0, 0.25, 0.5, 0.8, 1.25, 2.0, 4.0]
            .map(|factor| (1.0, dual.prices.iter().map(|price| price * factor).collect::<Vec<f64>>()));
        let alone = (0..flat.budgets()).map(|budget| {
            let mut prices = vec![0.0; flat.budgets()];
            prices[budget] = 1.0;
            (0.0, prices)
        });
        let judge = |(weight, prices): (f64, Vec<f64>)| {
            let priced = flat.priced(weight, &prices);
            Self { weight, prices, priced }
        };
        scaled.into_iter().chain(alone).map(judge).collect()
    }

    pub(super) fn weighs_damage(&self) -> bool {
        self.weight > 0.0
    }

    /// The part of the bound that is decided: damage, and use beyond limits at these prices.
    pub(super) fn value(&self, flat: &Flat, damage: f64, used: &[f64]) -> f64 {
        let over = used.iter().zip(&flat.limit).zip(&self.prices);
        self.weight * damage + over.map(|((used, limit), price)| price * (used - limit)).sum::<f64>()
    }
}

/// A block that is still open, and what the blocks after it add at least.
pub(super) struct Open<'f> {
    block: &'f Block,
    /// Per judge.
    after: Vec<f64>,
    /// How much the other blocks and limits add to the bound of this block under the best prices.
    rest: f64,
    options: Vec<Vec<usize>>,
}

/// All blocks: those with one option left are settled, the others wait, the most certain first.
pub(super) struct Tails<'f> {
    fixed: Vec<usize>,
    damage: f64,
    used: Vec<f64>,
    open: Vec<Open<'f>>,
}

impl<'f> Tails<'f> {
    pub(super) fn new(flat: &'f Flat, judges: &[Judge], dual: &Dual, cutoff: f64) -> Self {
        let best = &judges[0].priced;
        let mut fixed = vec![0; flat.slots()];
        let (mut damage, mut used) = (0.0, vec![0.0; flat.budgets()]);
        let mut waiting: Vec<(f64, Open<'f>)> = Vec::new();
        for block in &flat.blocks {
            let least = block_minimum(flat, block, best);
            let rest = dual.bound - least;
            let options: Vec<Vec<usize>> = block
                .slots
                .iter()
                .map(|&slot| {
                    let all = 0..flat.options(slot);
                    if block.rule != BlockRule::Free {
                        return all.collect();
                    }
                    all.filter(|option| rest + best[flat.first[slot] + option] < cutoff).collect()
                })
                .collect();
            if let (BlockRule::Free, [slot], [options]) = (block.rule, &block.slots[..], &options[..])
                && let [only] = options[..]
            {
                fixed[*slot] = only;
                damage += flat.damage(*slot, only);
                used.iter_mut().zip(flat.costs(*slot, only)).for_each(|(used, cost)| *used += cost);
                continue;
            }
            let certainty = block.slots.iter().map(|&slot| {
                let mut row = best[flat.first[slot]..flat.first[slot + 1]].to_vec();
                row.sort_by(f64::total_cmp);
                row.get(1).map_or(f64::INFINITY, |second| second - row[0])
            });
            let certainty = certainty.fold(f64::INFINITY, f64::min);
            waiting.push((certainty, Open { block, after: Vec::new(), rest, options }));
        }
        waiting.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut open: Vec<Open<'f>> = waiting.into_iter().map(|(_, open)| open).collect();
        let mut after = vec![0.0; judges.len()];
        for open in open.iter_mut().rev() {
            open.after.clone_from(&after);
            for (after, judge) in after.iter_mut().zip(judges) {
                *after += block_minimum(flat, open.block, &judge.priced);
            }
        }
        Self { fixed, damage, used, open }
    }

    pub(super) fn stages(&self) -> usize {
        self.open.iter().map(|open| open.block.slots.len()).sum()
    }

    pub(super) fn fixed(&self) -> (f64, Vec<f64>) {
        (self.damage, self.used.clone())
    }

    pub(super) fn fixed_options(&self) -> Vec<usize> {
        self.fixed.clone()
    }

    pub(super) fn groups(&self) -> &[Open<'f>] {
        &self.open
    }
}

fn block_minimum(flat: &Flat, block: &Block, priced: &[f64]) -> f64 {
    minimise_block(flat, block, priced, &mut |_, _| {})
}

/// One slot to be decided. A *place* is where a label stands within the rule of its group: the number picked so
/// far, or the set of options that its group keeps to.
pub(super) struct Stage<'o> {
    pub(super) slot: usize,
    options: &'o [usize],
    kind: Kind,
    /// Per place, per judge: what the rest of the block and all later blocks add at least.
    tails: Vec<Vec<f64>>,
}

enum Kind {
    Free,
    Pick { max: usize, last: bool },
    Sets { sets: std::rc::Rc<Vec<Vec<usize>>>, first: bool, last: bool },
}

impl Stage<'_> {
    /// The places and options that a label at `place` can go to.
    pub(super) fn moves(&self, place: u32) -> Vec<(u32, usize)> {
        match &self.kind {
            Kind::Free => self.options.iter().map(|&option| (0, option)).collect(),
            Kind::Pick { max, .. } => {
                let mut moves = vec![(place, 0)];
                if (place as usize) < *max {
                    moves.push((place + 1, 1));
                }
                moves
            }
            Kind::Sets { sets, first, .. } => {
                let from = if *first { 0..sets.len() } else { place as usize..place as usize + 1 };
                from.flat_map(|set| sets[set].iter().map(move |&option| (set as u32, option))).collect()
            }
        }
    }

    /// The most that [`Stage::moves`] gives for any place, or 1.
    pub(super) fn most_moves(&self) -> usize {
        let moves = match &self.kind {
            Kind::Free => self.options.len(),
            Kind::Pick { .. } => 2,
            Kind::Sets { sets, first: true, .. } => sets.iter().map(Vec::len).sum(),
            Kind::Sets { sets, first: false, .. } => sets.iter().map(Vec::len).max().unwrap_or(0),
        };
        moves.max(1)
    }

    pub(super) fn tail(&self, place: u32) -> &[f64] {
        &self.tails[place as usize]
    }

    /// The place with which the next stage begins.
    pub(super) fn after(&self, place: u32) -> u32 {
        match self.kind {
            Kind::Free | Kind::Pick { last: true, .. } | Kind::Sets { last: true, .. } => 0,
            Kind::Pick { .. } | Kind::Sets { .. } => place,
        }
    }
}

impl Open<'_> {
    /// The slots of this block in order, with everything that bounds need.
    pub(super) fn stages(&self, flat: &Flat, judges: &[Judge], cutoff: f64) -> Vec<Stage<'_>> {
        match self.block.rule {
            BlockRule::Free => (self.block.slots.iter().zip(&self.options))
                .map(|(&slot, options)| Stage {
                    slot,
                    options,
                    kind: Kind::Free,
                    tails: vec![self.after.clone()],
                })
                .collect(),
            BlockRule::Pick(min, max) => self.picks(flat, judges, min, max),
            BlockRule::Distinct(most) => self.sets(flat, judges, most, cutoff),
        }
    }

    fn picks(&self, flat: &Flat, judges: &[Judge], min: usize, max: usize) -> Vec<Stage<'_>> {
        let count = self.block.slots.len();
        // From the last slot back: what the rest adds when so many are picked already.
        let end =
            |picked: usize| if picked < min { vec![f64::INFINITY; judges.len()] } else { self.after.clone() };
        let mut tails: Vec<Vec<f64>> = (0..=max).map(end).collect();
        let mut stages = Vec::with_capacity(count);
        for (number, &slot) in self.block.slots.iter().enumerate().rev() {
            let kind = Kind::Pick { max, last: number + 1 == count };
            let at = flat.first[slot];
            let before = (0..=max)
                .map(|picked| {
                    judges
                        .iter()
                        .enumerate()
                        .map(|(judge, Judge { priced, .. })| {
                            let out = tails[picked][judge] + priced[at];
                            let picked = tails.get(picked + 1).map_or(f64::INFINITY, |tail| tail[judge]);
                            out.min(picked + priced[at + 1])
                        })
                        .collect()
                })
                .collect();
            stages.push(Stage { slot, options: &[], kind, tails: std::mem::replace(&mut tails, before) });
        }
        stages.reverse();
        stages
    }

    fn sets(&self, flat: &Flat, judges: &[Judge], most: usize, cutoff: f64) -> Vec<Stage<'_>> {
        let columns = columns(flat, self.block, &judges[0].priced);
        let mut sets: Vec<Vec<usize>> = Vec::new();
        if number_of_sets(columns.len(), most) <= MOST_SETS {
            each_set(&columns, most, &mut |set, minima| {
                if self.rest + minima.iter().sum::<f64>() < cutoff {
                    sets.push(set.to_vec());
                }
            });
        }
        let sets = std::rc::Rc::new(sets);
        let mut tails = vec![self.after.clone(); sets.len()];
        let count = self.block.slots.len();
        let mut stages = Vec::with_capacity(count);
        for (number, &slot) in self.block.slots.iter().enumerate().rev() {
            let kind = Kind::Sets { sets: sets.clone(), first: number == 0, last: number + 1 == count };
            let before = (sets.iter().zip(&tails))
                .map(|(set, tail)| {
                    let least = |judge: &Judge| {
                        let prices = set.iter().map(|option| judge.priced[flat.first[slot] + option]);
                        prices.fold(f64::INFINITY, f64::min)
                    };
                    tail.iter().zip(judges).map(|(tail, judge)| tail + least(judge)).collect()
                })
                .collect();
            stages.push(Stage { slot, options: &[], kind, tails: std::mem::replace(&mut tails, before) });
        }
        stages.reverse();
        stages
    }
}

/// Sets of options that a group may be split into; beyond, the labels are given up.
pub(super) const MOST_SETS: usize = 20_000;
