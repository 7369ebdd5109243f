//! Canonical search with restarts: the strongest planner here.
//!
//! Every round searches within a capacity that is nearer and nearer to the bound, tries buffers in an order that is drawn anew, and
//! is given a number of nodes by the sequence of Luby, Sinclair and Zuckerman (1993). Buffers where branches ended gain weight, and
//! rounds that rank by weight place them first.

use crate::canonical::{Outcome, Search, Sections};
use crate::decode::{self, Fit};
use crate::{Instance, Offsets, Random, online, peak};

/// Nodes of the shortest round.
const UNIT: u64 = 1000;

/// A search that goes on for as long as it is asked to.
pub struct Restarts {
    sections: Sections,
    random: Random,
    weights: Vec<f64>,
    best: Offsets,
    best_peak: u64,
    /// Share of the way from the bound to the best peak where the next plan is looked for.
    reach: f64,
    round: u64,
    nodes: u64,
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
        Self {
            sections: Sections::new(instance),
            random: Random::new(seed),
            weights: vec![0.0; instance.len()],
            best,
            best_peak,
            reach: 0.5,
            round: 0,
            nodes: 0,
        }
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
        if self.is_optimal() {
            return;
        }
        self.round += 1;
        let bound = self.sections.bound();
        // Every second round tries for the bound itself: some instances give in at once.
        let way = if self.round % 2 == 0 { 0.0 } else { self.reach };
        let capacity = bound + ((self.best_peak - 1 - bound) as f64 * way) as u64;
        let order = ranked(&self.sections, Key::of_round(self.round / 2), &self.weights, &mut self.random);
        let mut search = Search::new(&self.sections, capacity, &order);
        let outcome = search.run(luby(self.round.div_ceil(2)) * UNIT);
        self.nodes += search.nodes();
        remember(&mut self.weights, search.weights());
        match outcome {
            Outcome::Found(offsets) => {
                let ends = offsets.iter().zip(&self.sections.sizes).map(|(offset, size)| offset + size);
                self.best_peak = ends.max().unwrap_or(0);
                self.best = offsets;
                self.reach = 0.5;
            }
            _ if way > 0.0 => self.reach = 1.0 - (1.0 - self.reach) * 0.97,
            _ => {}
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
        match round % 8 {
            0 | 2 | 4 | 6 => Self::Weight,
            1 => Self::WeightedArea,
            3 => [Self::Pressure, Self::Degree][(round / 8 % 2) as usize],
            5 => Self::Life,
            _ => Self::Area,
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
