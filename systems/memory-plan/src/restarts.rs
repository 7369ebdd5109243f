//! Canonical search with restarts: the strongest planner here.
//!
//! Rounds search within capacities that are some share above the bound, the bound itself among them: the largest one that is not
//! reached yet has half of the rounds, all others share the rest. A round tries buffers in an order that is drawn anew, and is given
//! a number of nodes by the sequence of Luby, Sinclair and Zuckerman (1993). Buffers where branches ended gain weight, for each
//! capacity on its own, and rounds that rank by weight place them first.

use crate::canonical::{Outcome, Search, Sections};
use crate::decode::{self, Fit};
use crate::{Instance, Offsets, Random, online, peak};

/// Nodes of the shortest round.
const UNIT: u64 = 1000;

/// Capacities that are looked for, as shares above the bound.
pub const ABOVE: [f64; 8] = [0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.15];

/// A search that goes on for as long as it is asked to.
pub struct Restarts {
    sections: Sections,
    random: Random,
    /// Ascending; those at or above the best peak are gone.
    targets: Vec<Target>,
    best: Offsets,
    best_peak: u64,
    round: u64,
    nodes: u64,
}

/// A capacity that a plan is looked for within, and what is remembered of it.
pub struct Target {
    capacity: u64,
    weights: Vec<f64>,
    rounds: u64,
}

impl Target {
    /// Nothing is remembered yet.
    pub fn new(sections: &Sections, capacity: u64) -> Self {
        Self { capacity, weights: vec![0.0; sections.len()], rounds: 0 }
    }

    /// One round of at most so many nodes, and how many it took: `first` is the order of the first one, where there is one.
    pub fn round(
        &mut self,
        sections: &Sections,
        first: Option<&[u32]>,
        most: u64,
        random: &mut Random,
    ) -> (Outcome, u64) {
        self.rounds += 1;
        let key = Key::of_round(self.rounds);
        let order = match first.filter(|_| self.rounds == 1) {
            Some(order) => order.to_vec(),
            None => ranked(sections, key, &self.weights, random),
        };
        let mut search = Search::new(sections, self.capacity, &order);
        let outcome = search.run(most.min(luby(self.rounds) * UNIT));
        if matches!(key, Key::Weight | Key::WeightedArea) {
            remember(&mut self.weights, search.weights());
        }
        (outcome, search.nodes())
    }
}

/// The capacity that is this share above the bound.
pub fn capacity(bound: u64, above: f64) -> u64 {
    bound + (bound as f64 * above) as u64
}

impl Restarts {
    /// Begins with the best of size, area and lifetime descending and of online best fit.
    pub fn new(instance: &Instance, seed: u64) -> Self {
        let orders = [decode::by_size(instance), decode::by_area(instance), decode::by_life(instance)];
        let plans = orders.iter().map(|order| decode::decode(instance, order, Fit::Lowest));
        let online = online::best_fit(instance);
        let best =
            plans.fold(
                online,
                |best, plan| {
                    if peak(instance, &plan) < peak(instance, &best) { plan } else { best }
                },
            );
        let best_peak = peak(instance, &best);
        let sections = Sections::new(instance);
        let bound = sections.bound();
        let target = |above: f64| Target::new(&sections, capacity(bound, above));
        let targets = ABOVE.into_iter().map(target).filter(|target| target.capacity < best_peak).collect();
        Self { sections, random: Random::new(seed), targets, best, best_peak, round: 0, nodes: 0 }
    }

    /// The best plan so far.
    pub fn best(&self) -> &Offsets {
        &self.best
    }

    /// Its bytes.
    pub fn peak(&self) -> u64 {
        self.best_peak
    }

    /// Nodes of all rounds.
    pub fn nodes(&self) -> u64 {
        self.nodes
    }

    /// Whether no plan can be better.
    pub fn is_optimal(&self) -> bool {
        self.best_peak <= self.sections.bound()
    }

    /// One more round.
    pub fn round(&mut self) {
        let Some(last) = self.targets.len().checked_sub(1) else { return };
        self.round += 1;
        let others = (self.round / 2) as usize % (last + 1);
        let target = &mut self.targets[if self.round % 2 == 1 { last } else { others }];
        let (outcome, nodes) = target.round(&self.sections, None, u64::MAX, &mut self.random);
        self.nodes += nodes;
        if let Outcome::Found(offsets) = outcome {
            let ends = offsets.iter().zip(&self.sections.sizes).map(|(offset, size)| offset + size);
            self.best_peak = ends.max().unwrap_or(0);
            self.best = offsets;
            self.targets.retain(|target| target.capacity < self.best_peak);
        }
    }
}

/// What buffers are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Where branches ended.
    Weight,
    /// The same times the root of size × life.
    WeightedArea,
    /// Bytes of the fullest moment of a buffer's life.
    Pressure,
    /// Size × life.
    Area,
    /// How long it lives.
    Life,
    /// How many overlap it.
    Degree,
}

impl Key {
    fn of_round(round: u64) -> Self {
        match round % 4 {
            0 | 2 => Self::Weight,
            1 => Self::WeightedArea,
            _ => [Self::Pressure, Self::Area, Self::Life, Self::Degree][(round / 4 % 4) as usize],
        }
    }
}

/// An order by `key`, the largest first, with some noise.
pub fn ranked(sections: &Sections, key: Key, weights: &[f64], random: &mut Random) -> Vec<u32> {
    let keys: Vec<f64> = (0..sections.len())
        .map(|buffer| {
            let area = sections.size(buffer) as f64 * sections.life(buffer) as f64;
            let (value, noise) = match key {
                Key::Weight => (weights[buffer] + 1e-3, 0.2),
                Key::WeightedArea => ((weights[buffer] + 1e-9) * area.sqrt(), 0.5),
                Key::Pressure => (sections.pressure(buffer) as f64, 0.1),
                Key::Area => (area, 1.0),
                Key::Life => (sections.life(buffer) as f64, 1.0),
                Key::Degree => (sections.degree(buffer) as f64, 0.3),
            };
            value * (1.0 + noise * random.unit())
        })
        .collect();
    let mut order: Vec<u32> = (0..sections.len() as u32).collect();
    order.sort_by(|&one, &other| keys[other as usize].total_cmp(&keys[one as usize]));
    order
}

/// Adds what a search learned, with its largest weight as 1, to what is remembered of those before.
pub fn remember(weights: &mut [f64], learned: &[f64]) {
    let most = learned.iter().copied().fold(1.0, f64::max);
    for (weight, learned) in weights.iter_mut().zip(learned) {
        *weight = *weight * 0.9 + learned / most;
    }
}

/// 1, 1, 2, 1, 1, 2, 4, …: the sequence of Luby, Sinclair and Zuckerman, from `index` 1.
pub fn luby(index: u64) -> u64 {
    let mut index = index.max(1);
    loop {
        let bits = 64 - index.leading_zeros();
        if index == (1 << bits) - 1 {
            return 1 << (bits - 1);
        }
        index -= (1 << (bits - 1)) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    #[test]
    fn lengths_of_rounds_are_those_of_luby() {
        let lengths: Vec<u64> = (1..=15).map(luby).collect();
        assert_eq!(lengths, [1, 1, 2, 1, 1, 2, 4, 1, 1, 2, 1, 1, 2, 4, 8]);
    }

    #[test]
    fn rounds_never_make_a_plan_worse_and_repeat_from_their_seed() {
        let instance = crate::generate::tight(3, 60, 1 << 16);
        let mut one = Restarts::new(&instance, 5);
        let mut other = Restarts::new(&instance, 5);
        for _ in 0..20 {
            let before = one.peak();
            one.round();
            other.round();
            assert!(one.peak() <= before && one.peak() >= instance.bound());
            assert_eq!(check::peak(&instance, one.best()), Ok(one.peak()));
            assert_eq!(one.best(), other.best());
        }
    }
}
