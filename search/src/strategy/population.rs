//! The parents of an evolutionary search.

use attune_core::objective::compare;
use attune_core::rng::Rng;
use attune_core::space::Config;
use rand::RngExt as _;

/// An evaluated config that may have children.
pub(super) struct Individual {
    pub(super) index: u64,
    pub(super) config: Config,
    pub(super) loss: f64,
}

/// The best individuals, best first. Of equal ones the newer comes first, so that a search drifts across
/// a plateau instead of staying where it entered.
pub(super) struct Population {
    members: Vec<Individual>,
    capacity: usize,
}

impl Population {
    /// An empty population that keeps the best `capacity` individuals.
    pub(super) fn new(capacity: usize) -> Self {
        Self { members: Vec::new(), capacity }
    }

    /// Adds individuals and drops the worst. A loss that is not a number has no children.
    pub(super) fn add(&mut self, individuals: impl IntoIterator<Item = Individual>) {
        self.members.extend(individuals.into_iter().filter(|individual| !individual.loss.is_nan()));
        self.members.sort_by(|a, b| compare(a.loss, b.loss).then(b.index.cmp(&a.index)));
        self.members.truncate(self.capacity);
    }

    /// The worst member, when the next better one would push it out.
    pub(super) fn threatened(&self) -> Option<u64> {
        let full = self.members.len() == self.capacity;
        self.members.last().filter(|_| full).map(|member| member.index)
    }

    /// Draws one parent, or with `two` and at least two members two different ones, better first: each is the best of
    /// `size` draws with replacement (tournament selection; Goldberg & Deb 1991).
    pub(super) fn parents(&self, size: usize, two: bool, random: &mut Rng) -> Vec<&Individual> {
        let mut ranks: Vec<usize> = (0..self.members.len()).collect();
        let mut chosen = Vec::new();
        for _ in 0..if two { 2 } else { 1 } {
            if let Some(place) = (0..size).filter_map(|_| draw(ranks.len(), random)).min() {
                chosen.push(ranks.remove(place));
            }
        }
        chosen.sort_unstable();
        chosen.into_iter().map(|rank| &self.members[rank]).collect()
    }
}

fn draw(len: usize, random: &mut Rng) -> Option<usize> {
    (len > 0).then(|| random.random_range(0..len))
}

#[cfg(test)]
mod tests {
    use attune_core::rng::derive;

    use super::*;

    fn population(capacity: usize, losses: &[f64]) -> Population {
        let mut population = Population::new(capacity);
        population.add(losses.iter().enumerate().map(|(index, &loss)| Individual {
            index: index as u64,
            config: Config::new(vec![]),
            loss,
        }));
        population
    }

    #[test]
    fn the_best_survive_and_newer_wins_a_tie() {
        let population = population(3, &[2.0, 1.0, f64::NAN, 3.0, 1.0]);
        let order: Vec<u64> = population.members.iter().map(|member| member.index).collect();
        assert_eq!(order, [4, 1, 0]);
    }

    #[test]
    fn larger_tournaments_prefer_better_parents() {
        let population = population(10, &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        let mut random = derive(1, "test", &[]);
        let mut mean = |size| {
            let total: f64 = (0..2000).map(|_| population.parents(size, false, &mut random)[0].loss).sum();
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
        let couple = population(2, &[1.0, 2.0]);
        let parents = couple.parents(2, true, &mut random);
        assert_eq!(parents.iter().map(|parent| parent.index).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(population(2, &[1.0]).parents(2, true, &mut random).len(), 1);
        assert!(population(2, &[]).parents(2, true, &mut random).is_empty());
    }
}
