//! Canonical search with restarts: the strongest planner here.
//!
//! Rounds search within capacities that are some share above the bound. The bound itself has three quarters of the rounds: so
//! little may be wasted then that branches end early. The largest capacity that is not reached yet has an eighth, all others share
//! the rest. A round tries buffers in an order that is drawn anew,
//! and is given a number of nodes by the sequence of Luby, Sinclair and Zuckerman (1993). Buffers where branches ended gain weight,
//! for each capacity on its own, and rounds that rank by weight place them first.

mod rank;

pub use rank::{Key, ranked};

use crate::canonical::{Outcome, Search, Sections};
use crate::rules::Rule;
use crate::{Instance, Offsets, Random, peak};

/// Capacities that are looked for, as shares above the bound.
pub const ABOVE: [f64; 8] = [0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.15];

/// How rounds are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// What every round ranks by; the keys take turns where there is none.
    pub key: Option<Key>,
    /// The noise of each key is multiplied by this.
    pub noise: f64,
    /// What is left of a weight from one round to the next.
    pub memory: f64,
    /// Nodes of the shortest round.
    pub nodes: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { key: None, noise: 1.0, memory: 0.9, nodes: 1000 }
    }
}

/// A search that goes on for as long as it is asked to.
pub struct Restarts {
    sections: Sections,
    policy: Policy,
    random: Random,
    /// Ascending; those at or above the best peak are gone, and those that are known to be impossible.
    targets: Vec<Target>,
    best: Offsets,
    best_peak: u64,
    round: u64,
    nodes: u64,
    steps: u64,
}

/// A capacity that a plan is looked for within, and what is remembered of it.
pub struct Target {
    capacity: u64,
    weights: Vec<f64>,
    rounds: u64,
}

/// What a round came to, and what it took.
pub struct Round {
    /// What it came to.
    pub outcome: Outcome,
    /// Nodes that were looked at.
    pub nodes: u64,
    /// Buffers and sections that were looked at in them.
    pub steps: u64,
}

impl Target {
    /// Nothing is remembered yet.
    pub fn new(sections: &Sections, capacity: u64) -> Self {
        Self { capacity, weights: vec![0.0; sections.len()], rounds: 0 }
    }

    /// One round of at most so many nodes and steps: `first` is the order of the first one, where there is one.
    pub fn round(
        &mut self,
        sections: &Sections,
        policy: &Policy,
        first: Option<&[u32]>,
        (nodes, steps): (u64, u64),
        random: &mut Random,
    ) -> Round {
        self.rounds += 1;
        let key = policy.key.unwrap_or(Key::of_round(self.rounds));
        let order = match first.filter(|_| self.rounds == 1) {
            Some(order) => order.to_vec(),
            None => ranked(sections, key, &self.weights, policy.noise, random),
        };
        let mut search = Search::new(sections, self.capacity, &order);
        // Fewer would not get to the end of the first branch.
        let unit = policy.nodes.max(2 * sections.len() as u64);
        let outcome = search.run(nodes.min(luby(self.rounds) * unit), steps);
        if matches!(key, Key::Weight | Key::WeightedArea) {
            remember(&mut self.weights, policy.memory, search.weights());
        }
        Round { outcome, nodes: search.nodes(), steps: search.steps() }
    }
}

/// The capacity that is this share above the bound.
pub fn capacity(bound: u64, above: f64) -> u64 {
    bound + (bound as f64 * above) as u64
}

impl Restarts {
    /// Begins with the best of size, area and lifetime descending and of online best fit.
    pub fn new(instance: &Instance, policy: Policy, seed: u64) -> Self {
        let plans = [Rule::Size, Rule::Area, Rule::Life, Rule::Online].map(|rule| rule.plan(instance));
        let best = plans.into_iter().min_by_key(|plan| peak(instance, plan));
        Self::after(instance, best.unwrap_or_default(), policy, seed)
    }

    /// Begins with a plan.
    pub fn after(instance: &Instance, best: Offsets, policy: Policy, seed: u64) -> Self {
        let best_peak = peak(instance, &best);
        let sections = Sections::new(instance);
        let bound = sections.bound();
        let target = |above: f64| Target::new(&sections, capacity(bound, above));
        let mut targets: Vec<Target> =
            ABOVE.into_iter().map(target).filter(|target| target.capacity < best_peak).collect();
        targets.dedup_by_key(|target| target.capacity);
        Self {
            sections,
            policy,
            random: Random::new(seed),
            targets,
            best,
            best_peak,
            round: 0,
            nodes: 0,
            steps: 0,
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

    /// Buffers and sections that were looked at in all rounds.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether nothing is left to look for: no plan can be better, or none of the capacities below can be had.
    pub fn is_over(&self) -> bool {
        self.targets.is_empty()
    }

    /// Rounds until nothing is left to look for or `steps` are used up.
    pub fn run(&mut self, steps: u64) {
        while !self.is_over() && self.steps < steps {
            self.round(steps - self.steps);
        }
    }

    /// One more round of at most so many steps.
    pub fn round(&mut self, steps: u64) {
        let Some(last) = self.targets.len().checked_sub(1) else { return };
        self.round += 1;
        let target = match self.round % 8 {
            4 => last,
            0 => (self.round / 8) as usize % (last + 1),
            _ => 0,
        };
        let round = self.targets[target].round(
            &self.sections,
            &self.policy,
            None,
            (u64::MAX, steps),
            &mut self.random,
        );
        self.nodes += round.nodes;
        self.steps += round.steps;
        match round.outcome {
            Outcome::Found(offsets) => {
                let ends = offsets.iter().zip(&self.sections.sizes).map(|(offset, size)| offset + size);
                self.best_peak = ends.max().unwrap_or(0);
                self.best = offsets;
                self.targets.retain(|target| target.capacity < self.best_peak);
            }
            // Nor within any smaller one.
            Outcome::Impossible => drop(self.targets.drain(..=target)),
            Outcome::Unknown => {}
        }
    }
}

/// Adds what a search learned, with its largest weight as 1, to what is remembered of those before.
fn remember(weights: &mut [f64], memory: f64, learned: &[f64]) {
    let most = learned.iter().copied().fold(1.0, f64::max);
    for (weight, learned) in weights.iter_mut().zip(learned) {
        *weight = *weight * memory + learned / most;
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
        let mut one = Restarts::new(&instance, Policy::default(), 5);
        let mut other = Restarts::new(&instance, Policy::default(), 5);
        for _ in 0..20 {
            let before = one.peak();
            one.round(u64::MAX);
            other.round(u64::MAX);
            assert!(one.peak() <= before && one.peak() >= instance.bound());
            assert_eq!(check::peak(&instance, one.best()), Ok(one.peak()));
            assert_eq!(one.best(), other.best());
        }
    }

    #[test]
    fn rounds_end_where_nothing_is_left_to_look_for() {
        let buffers =
            [(0, 2, 2), (1, 4, 2), (3, 6, 2), (5, 8, 1), (0, 1, 3), (4, 5, 3), (2, 3, 3), (6, 8, 4)];
        let buffers = buffers.map(|(start, end, size)| crate::Buffer { start, end, size });
        let instance = Instance::new(buffers.to_vec()).unwrap();
        let start = Rule::Life.plan(&instance);
        let mut search = Restarts::after(&instance, start, Policy::default(), 1);
        search.run(u64::MAX);
        assert!(search.is_over());
        let steps = search.steps();
        search.run(u64::MAX);
        assert_eq!(search.steps(), steps);
    }

    #[test]
    fn a_search_without_steps_keeps_the_plan_that_it_began_with() {
        let instance = crate::generate::tight(3, 60, 1 << 16);
        let start = Rule::Online.plan(&instance);
        let mut search = Restarts::after(&instance, start.clone(), Policy::default(), 1);
        search.run(0);
        assert_eq!(search.best(), &start);
    }
}
