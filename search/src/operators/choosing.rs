//! Which of a technique's named operators makes the next child.

use attune_core::rng::Rng;
use attune_core::technique::Operator;
use rand::RngExt as _;

/// How far the newest child moves what is thought of its operator.
const RATE: f64 = 0.1;
/// Share of the children that operators divide evenly, however well they do: none is lost, since a search that is further on may
/// need another one.
const EVEN: f64 = 0.5;

/// Chooses among operators evenly, or more often those whose children did better lately: probability matching with a least
/// probability (Thierens, "An adaptive pursuit strategy for allocating operator probabilities", GECCO 2005). Operator `i` of
/// `K` that are made for so many parents has the probability `EVEN/K + (1 − EVEN)·q(i)/Σq`, where `q`, from 1, moves by
/// a tenth of the way to 1 with each of its children that did better than its parents, and to 0 with each other one.
///
/// What it thinks is a function of what it heard, in that order, so replay chooses the same. Where there is one operator without
/// a name, nothing is drawn.
#[derive(Clone, Debug)]
pub struct Choosing {
    operators: Vec<Chosen>,
    adaptive: bool,
}

#[derive(Clone, Debug)]
struct Chosen {
    /// Its place among all.
    place: usize,
    parents: usize,
    quality: f64,
}

impl Choosing {
    /// Among those of `named` that `wanted` says yes to.
    pub fn new(named: &[Operator], wanted: impl Fn(&str) -> bool, adaptive: bool) -> Self {
        let wanted = named.iter().enumerate().filter(|(_, operator)| wanted(&operator.name));
        let chosen =
            |(place, operator): (usize, &Operator)| Chosen { place, parents: operator.parents, quality: 1.0 };
        Self { operators: wanted.map(chosen).collect(), adaptive }
    }

    /// Evenly among all.
    pub fn evenly(named: &[Operator]) -> Self {
        Self::new(named, |_| true, false)
    }

    /// The operator of a child of so many parents, by its place among all: one that is made for so many where there is one. `None`
    /// where there are no operators with names.
    pub fn draw(&self, parents: usize, random: &mut Rng) -> Option<usize> {
        let made_for: Vec<&Chosen> =
            self.operators.iter().filter(|operator| operator.parents == parents).collect();
        let among = if made_for.is_empty() { self.operators.iter().collect() } else { made_for };
        let last = among.last()?;
        if among.len() == 1 {
            return Some(last.place);
        }
        let shares = self.shares(&among);
        let mut left = random.random::<f64>();
        let drawn = among.iter().zip(shares).find(|(_, share)| {
            left -= share;
            left < 0.0
        });
        Some(drawn.map_or(last, |(operator, _)| operator).place)
    }

    /// The probability of each.
    fn shares(&self, among: &[&Chosen]) -> Vec<f64> {
        let even = 1.0 / among.len() as f64;
        let all: f64 = among.iter().map(|operator| operator.quality).sum();
        if !self.adaptive || all <= 0.0 {
            return vec![even; among.len()];
        }
        among.iter().map(|operator| EVEN * even + (1.0 - EVEN) * operator.quality / all).collect()
    }

    /// Hears whether a child of the operator in this place did better than its parents.
    pub fn hear(&mut self, place: usize, better: bool) {
        if let Some(operator) = self.operators.iter_mut().find(|operator| operator.place == place) {
            operator.quality += RATE * (f64::from(u8::from(better)) - operator.quality);
        }
    }
}

#[cfg(test)]
mod tests {
    use attune_core::rng::derive;

    use super::*;

    fn named() -> Vec<Operator> {
        [("swap", 1), ("shift", 1), ("cross", 2)]
            .map(|(name, parents)| Operator { name: name.to_owned(), help: String::new(), parents })
            .to_vec()
    }

    /// How often each is drawn for so many parents.
    fn drawn(choosing: &Choosing, parents: usize) -> [usize; 3] {
        let mut counts = [0; 3];
        let mut random = derive(1, "choosing", &[]);
        (0..2000).for_each(|_| counts[choosing.draw(parents, &mut random).unwrap()] += 1);
        counts
    }

    #[test]
    fn operators_have_the_parents_that_they_are_made_for_and_even_shares() {
        let even = Choosing::evenly(&named());
        let [swap, shift, cross] = drawn(&even, 1);
        // The standard deviation of a count is 22.
        assert!(cross == 0 && swap.abs_diff(1000) < 110 && shift.abs_diff(1000) < 110, "{swap} {shift}");
        assert_eq!(drawn(&even, 2), [0, 0, 2000]);
        let alone = Choosing::new(&named(), |name| name == "swap", false);
        assert_eq!(
            drawn(&alone, 2),
            [2000, 0, 0],
            "where none is made for two, one that takes the first will do"
        );
        let mut random = derive(1, "choosing", &[]);
        let before = random.clone();
        assert_eq!(Choosing::evenly(&[]).draw(1, &mut random), None);
        assert_eq!(random, before, "nothing is drawn where there is nothing to choose");
    }

    #[test]
    fn whose_children_do_better_makes_more_of_them_and_nobody_is_lost() {
        let mut choosing = Choosing::new(&named(), |_| true, true);
        assert!(drawn(&choosing, 1)[0].abs_diff(1000) < 110, "nothing is known yet");
        for child in 0..200 {
            choosing.hear(0, false);
            choosing.hear(1, child % 2 == 0);
        }
        let [swap, shift, _] = drawn(&choosing, 1);
        assert!(shift > 1350 && swap > 400, "{swap} {shift}");
        (0..100_000).for_each(|_| [0, 1].map(|place| choosing.hear(place, false)).into_iter().collect());
        assert!(drawn(&choosing, 1)[0].abs_diff(1000) < 110, "nobody does better than the other");
        choosing.hear(7, true);
    }
}
