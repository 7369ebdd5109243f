//! Looking at children before they are evaluated.
//!
//! A child costs nothing until it runs. So many are made for each one that is proposed, and a surrogate of the trials
//! so far chooses: from a parent, a climb over children of children by the surrogate's opinion. Half of the proposals
//! follow its mean, half a drawn opinion, so that a generation does not follow one mistake.

use attune_core::objective::compare;
use attune_core::rng::Rng;
use attune_core::sensitivity::SensitivityTable;
use attune_core::space::{Config, RepairWork, Space};
use rand::RngExt as _;

use super::fresh::Fresh;
use super::population::Individual;
use crate::operators::{Child, Variation};
use crate::surrogate::{Features, Guess, Row, Solved, Surrogate};

/// Share of proposals that follow a drawn opinion.
const DRAWN: f64 = 0.5;

/// Trials that an opinion is made from at least. It is made from the better half of them, since what is far from the best
/// says little about what is near it.
const FEWEST: usize = 192;
/// Trials that an opinion is made from at most, when they are chosen anew: work grows with their square.
const MOST: usize = 512;
/// Numbers that repairs may look at for one proposal: a few milliseconds.
const MOST_REPAIR: u64 = 1 << 18;
/// Noise and trust are chosen anew when this share of trials came since.
const ANEW: u64 = 8;

/// Chooses among children by what the trials so far say.
pub(super) struct Screen {
    /// Ways of reading configs: several where there are orders.
    readings: Vec<Features>,
    /// Which of them the surrogate is made from.
    reading: usize,
    /// Children made for each one that is proposed.
    draws: usize,
    /// What opinions are made from, with losses: the best trials, and those since they were chosen.
    /// Configs by every reading.
    trials: Vec<(Vec<Row>, f64)>,
    /// Trials with a loss so far, and how many there will be when noise and trust are chosen anew.
    heard: u64,
    due: u64,
    surrogate: Option<Surrogate>,
    /// What it says until the next generation.
    solved: Option<Solved>,
}

impl Screen {
    /// `None` where there is nothing to choose from, or for a space of which a surrogate could say nothing.
    /// A sensitivity table is one more opinion.
    pub(super) fn new(space: &Space, draws: usize, table: Option<&SensitivityTable>) -> Option<Self> {
        let readings = Features::readings(space).into_iter();
        let readings: Vec<Features> = match table {
            Some(table) => readings.map(|features| features.with_table(space, table)).collect(),
            None => readings.collect(),
        };
        if draws <= 1 || readings.is_empty() {
            return None;
        }
        Some(Self {
            readings,
            reading: 0,
            draws,
            trials: Vec::new(),
            heard: 0,
            due: 0,
            surrogate: None,
            solved: None,
        })
    }

    /// How many trials an opinion is made from: the better half, within limits.
    fn kept(&self) -> usize {
        usize::try_from(self.heard / 2).unwrap_or(MOST).clamp(FEWEST, MOST)
    }

    /// Hears of a generation. Of whoever was left early the estimate counts; a failure, and a loser without an estimate, counts
    /// as `no_better`, the loss of the worst parent.
    pub(super) fn learn(&mut self, told: &[Individual], no_better: Option<f64>) {
        for individual in told {
            let guessed = || individual.estimate.or(no_better).unwrap_or(f64::NAN);
            let loss = if individual.loss().is_nan() { guessed() } else { individual.loss() };
            if loss.is_finite() {
                let rows: Vec<Row> =
                    self.readings.iter().map(|features| features.of(&individual.config)).collect();
                if let Some(surrogate) = &mut self.surrogate {
                    surrogate.append(rows[self.reading].clone(), loss);
                }
                self.trials.push((rows, loss));
                self.heard += 1;
            }
        }
        if self.heard >= self.due
            || self.surrogate.is_none()
            || self.trials.len() > self.kept() + self.kept() / 2
        {
            self.trials.sort_by(|(_, one), (_, other)| compare(*one, *other));
            self.trials.truncate(self.kept());
            self.fit();
            self.due = self.heard + self.heard.div_ceil(ANEW);
        }
        self.solved = self.surrogate.as_ref().and_then(Surrogate::solved);
    }

    /// Learns from all trials anew, by the reading of which they predict each other best.
    fn fit(&mut self) {
        let fitted = self.readings.iter().enumerate().filter_map(|(reading, features)| {
            let trials = self.trials.iter().map(|(rows, loss)| (rows[reading].clone(), *loss));
            Some((reading, Surrogate::fit(features, &trials.collect::<Vec<(Row, f64)>>())?))
        });
        let best = fitted.min_by(|(_, one), (_, other)| compare(one.error(), other.error()));
        (self.reading, self.surrogate) = match best {
            Some((reading, surrogate)) => (reading, Some(surrogate)),
            None => (self.reading, None),
        };
    }

    /// How configs are read now.
    fn features(&self) -> &Features {
        &self.readings[self.reading]
    }

    /// An opinion for one proposal.
    pub(super) fn guess(&self, random: &mut Rng) -> Option<Guess> {
        let (surrogate, drawn) = (self.surrogate.as_ref()?, random.random_bool(DRAWN));
        let solved = self.solved.as_ref()?;
        Some(if drawn { surrogate.draw(solved, random) } else { solved.mean.clone() })
    }

    /// The best new child by `guess` on a climb from the first of `parents`, whose first step may cross them all. All steps are
    /// those of one operator, if it has a name; one that is made for two parents has the second one in every step.
    pub(super) fn climb(
        &self,
        guess: &Guess,
        parents: &[&Config],
        (operators, operator): (&dyn Variation, Option<usize>),
        fresh: &Fresh,
        random: &mut Rng,
    ) -> Option<Child> {
        let mut at = (*parents.first()?).clone();
        let mut row = self.features().of(&at);
        let mut height = guess.of(&row);
        let mut best: Option<(f64, Child)> = None;
        let named = operator.and_then(|place| operators.named().get(place));
        let mate = named.filter(|operator| operator.parents > 1).and_then(|_| parents.get(1));
        let mut spent = RepairWork::default();
        for draw in 0..self.draws {
            // Nearly all of a space may be infeasible: then the first new child has to do.
            if spent.spent() > MOST_REPAIR && best.is_some() {
                break;
            }
            let child = match mate {
                _ if draw == 0 => operators.vary_by(operator, parents, random, &mut spent),
                Some(mate) => operators.vary_by(operator, &[&at, mate], random, &mut spent),
                None => operators.vary_by(operator, &[&at], random, &mut spent),
            };
            // A variation that fails is a draw without a child.
            let Ok(child) = child else { continue };
            self.features().write(&child.config, &mut row);
            let found = guess.of(&row);
            let better = best.as_ref().is_none_or(|(best, _)| compare(found, *best).is_lt());
            if better && fresh.is_new(&child.config) {
                best = Some((found, child.clone()));
            }
            if found < height {
                (at, height) = (child.config, found);
            }
        }
        best.map(|(_, child)| child)
    }
}

#[cfg(test)]
mod tests {
    use attune_core::rng::derive;
    use attune_core::space::{Dimension, Domain, Slot, Value};

    use super::*;

    /// Sixteen configs of which nobody has a loss, with estimates that fall with the level.
    fn left_early(space: &Space, estimated: bool) -> Vec<Individual> {
        let trial = |index: u64| {
            let mut config = space.sample(&mut derive(index, "config", &[])).unwrap();
            config.set(Slot { dimension: 0, cell: 0 }, Value::Index((index % 4) as u32));
            let estimate = estimated.then_some(4.0 - (index % 4) as f64);
            Individual { index, config, losses: Vec::new(), estimate }
        };
        (0..16).map(trial).collect()
    }

    #[test]
    fn estimates_of_trials_that_were_left_early_are_learned_from() {
        let domain = Domain::Level { levels: vec![1.0, 2.0, 4.0, 8.0] };
        let named = |name: &str| Dimension {
            name: name.to_owned(),
            help: String::new(),
            axes: vec![],
            domain: domain.clone(),
        };
        let space = Space::new(vec![named("a"), named("b")], vec![]).unwrap();
        let mut random = derive(1, "guess", &[]);
        let mut deaf = Screen::new(&space, 8, None).unwrap();
        deaf.learn(&left_early(&space, false), None);
        assert!(deaf.guess(&mut random).is_none(), "nothing is known");
        let mut screen = Screen::new(&space, 8, None).unwrap();
        screen.learn(&left_early(&space, true), None);
        let guess = &screen.solved.as_ref().unwrap().mean;
        let of = |level| {
            let mut config = space.sample(&mut random.clone()).unwrap();
            config.set(Slot { dimension: 0, cell: 0 }, Value::Index(level));
            guess.of(&screen.features().of(&config))
        };
        assert!(of(3) < of(0));
    }
}
