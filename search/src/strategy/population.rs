//! The parents of an evolutionary search.

use attune_core::objective::compare;
use attune_core::rng::Rng;
use attune_core::space::Config;
use rand::RngExt as _;

use super::size::Size;

/// An evaluated config that may have children.
pub(super) struct Individual {
    pub(super) index: u64,
    pub(super) config: Config,
    pub(super) losses: Vec<f64>,
    /// What the first loss probably is, of one that was left early.
    pub(super) estimate: Option<f64>,
}

impl Individual {
    /// The first loss, NaN when there is none.
    pub(super) fn loss(&self) -> f64 {
        self.losses.first().copied().unwrap_or(f64::NAN)
    }
}

/// Who of the evaluated has children.
pub(super) trait Selection: Send {
    /// Hears of evaluated individuals. One whose first loss is not a number never has children.
    fn add(&mut self, individuals: Vec<Individual>);

    /// One parent, or with `two` and where there are two, two different ones, better first; none when there
    /// are none.
    fn parents(&self, two: bool, random: &mut Rng) -> Vec<&Individual>;

    /// Whether a child with these losses did better than its parents, which had those; a failure has none.
    fn improves(&self, losses: &[f64], parents: &[Vec<f64>]) -> bool {
        let first = |losses: &[f64]| losses.first().copied().unwrap_or(f64::NAN);
        parents.iter().all(|parent| first(losses) < first(parent))
    }

    /// The worst parent, when whoever does not beat it by the first loss never becomes one.
    fn threatened(&self) -> Option<&Individual> {
        None
    }
}

/// The best individuals, best first. Of equal ones the newer comes first, so that a search drifts across
/// a plateau instead of staying where it entered.
pub(super) struct Population {
    members: Vec<Individual>,
    size: Size,
    /// How many are kept of the next ones, and how many were heard of.
    capacity: usize,
    heard: u64,
    tournament: usize,
}

impl Population {
    /// An empty population that keeps the best individuals. Each parent is the best of `tournament` draws with replacement
    /// (tournament selection; Goldberg & Deb 1991).
    pub(super) fn new(size: Size, tournament: usize) -> Self {
        Self { members: Vec::new(), size, capacity: size.at(0), heard: 0, tournament }
    }
}

impl Selection for Population {
    fn add(&mut self, individuals: Vec<Individual>) {
        self.heard += individuals.len() as u64;
        self.members.extend(individuals.into_iter().filter(|individual| !individual.loss().is_nan()));
        self.members.sort_by(|a, b| compare(a.loss(), b.loss()).then(b.index.cmp(&a.index)));
        self.members.truncate(self.capacity);
        // From here on, so that whoever has to be beaten now is beaten by whoever becomes a parent.
        self.capacity = self.size.at(self.heard);
    }

    fn threatened(&self) -> Option<&Individual> {
        let full = self.members.len() == self.capacity;
        self.members.last().filter(|_| full)
    }

    fn parents(&self, two: bool, random: &mut Rng) -> Vec<&Individual> {
        drawn(self.members.len(), self.tournament, two, random)
            .into_iter()
            .map(|rank| &self.members[rank])
            .collect()
    }
}

/// One or two different places among the first `len`, ascending, each the least of `size` draws.
pub(super) fn drawn(len: usize, size: usize, two: bool, random: &mut Rng) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for _ in 0..if two { 2 } else { 1 } {
        let left = len - chosen.len().min(len);
        if let Some(place) = (0..size).filter_map(|_| draw(left, random)).min() {
            // The first one's place is taken out of those that are left.
            let passed = chosen.first().is_some_and(|&first| place >= first);
            chosen.push(place + usize::from(passed));
        }
    }
    chosen.sort_unstable();
    chosen
}

fn draw(len: usize, random: &mut Rng) -> Option<usize> {
    (len > 0).then(|| random.random_range(0..len))
}

#[cfg(test)]
mod tests {
    use attune_core::rng::derive;

    use super::*;

    fn population(capacity: usize, tournament: usize, losses: &[f64]) -> Population {
        let mut population = Population::new(Size::Fixed(capacity), tournament);
        let member = |(index, &loss): (usize, &f64)| Individual {
            index: index as u64,
            config: Config::new(vec![]),
            losses: vec![loss],
            estimate: None,
        };
        population.add(losses.iter().enumerate().map(member).collect());
        population
    }

    #[test]
    fn the_best_survive_and_newer_wins_a_tie() {
        let population = population(3, 1, &[2.0, 1.0, f64::NAN, 3.0, 1.0]);
        let order: Vec<u64> = population.members.iter().map(|member| member.index).collect();
        assert_eq!(order, [4, 1, 0]);
    }

    #[test]
    fn larger_tournaments_prefer_better_parents() {
        let mut random = derive(1, "test", &[]);
        let mut mean = |size| {
            let population = population(10, size, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
            let total: f64 = (0..2000).map(|_| population.parents(false, &mut random)[0].loss()).sum();
            total / 2000.0
        };
        // Best of k draws with replacement from 0..n has expectation Σ_{j=1}^{n-1} (1 - j/n)^k: 4.5 for
        // one draw, 2.85 for two; the standard error of 2000 draws is below 0.07.
        assert!((mean(1) - 4.5).abs() < 0.28);
        assert!((mean(2) - 2.85).abs() < 0.28);
    }

    #[test]
    fn two_parents_differ_where_they_can() {
        let mut random = derive(2, "test", &[]);
        let couple = population(2, 2, &[1.0, 2.0]);
        let parents = couple.parents(true, &mut random);
        assert_eq!(parents.iter().map(|parent| parent.index).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(population(2, 2, &[1.0]).parents(true, &mut random).len(), 1);
        assert!(population(2, 2, &[]).parents(true, &mut random).is_empty());
    }
}
