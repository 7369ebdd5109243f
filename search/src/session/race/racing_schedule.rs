//! The schedule of a generation: one stage over all items, or several that not everybody finishes: who loses its race is
//! left, and after each stage who is not among the share that goes on.

use attune_core::evaluator::EvalFailure;
use attune_core::profile::Racing;
use attune_core::race::{Race, RaceError, order, stages};
use attune_core::scores::{MetricScore, Scores};
use attune_core::strategy::{Proposal, Rival};
use attune_core::trial::{Dropped, Trial};

use super::ended::{Ended, Finish};
use super::halving::{Halving, Standing};
use crate::session::measure::{Effort, Scored};
use crate::session::race_loss::RaceLoss;
use crate::session::{SessionError, SessionSetup};

/// The stages of a generation, and how far everybody is.
pub(in crate::session) struct RacingSchedule {
    /// All items, in the order in which they are scored.
    order: Vec<u32>,
    /// Items scored after each stage.
    stages: Vec<u32>,
    race: Option<RaceTemplate>,
    halving: Option<Halving>,
    entrants: Vec<Entrant>,
}

/// The race that every proposal of a generation enters.
struct RaceTemplate {
    rival: u64,
    metric: String,
    loss: RaceLoss,
    race: Race,
}

/// One proposal on its way.
struct Entrant {
    race: Option<Race>,
    pieces: Vec<Scores>,
    shared: bool,
    effort: Effort,
}

impl RacingSchedule {
    /// The schedule of a generation that has to beat `rival`, one of `trials`: proposals that are among the trials already,
    /// and new ones.
    pub(in crate::session) fn new(
        setup: &SessionSetup,
        rival: Option<Rival>,
        trials: &[Trial],
        (old, new): (&[Proposal], &[Proposal]),
    ) -> Result<Self, SessionError> {
        let items = setup.fidelity.items;
        let raced = setup.racing.zip(rival);
        let found = raced.and_then(|(racing, rival)| {
            let trial = trials.get(usize::try_from(rival.index).ok()?)?;
            let objective = setup.objectives.first()?;
            let loss = RaceLoss::of(objective, &setup.evaluator.task().metrics)?;
            let metric = &objective.metric;
            Some((racing, rival, metric, loss, trial.scores()?.metrics.get(metric)?))
        });
        let mut schedule = Self {
            order: setup.fidelity.all(),
            stages: vec![items],
            race: None,
            halving: None,
            entrants: Vec::new(),
        };
        if let Some(racing) = setup.racing.filter(|racing| racing.keep < 1.0) {
            // Generations without a rival have no number; counted from the end, they share no order with those that race.
            let first = old.iter().chain(new).map(|proposal| proposal.index).min().unwrap_or(0);
            schedule.order = order(items, setup.header.seed, u64::MAX - first);
            schedule.stages = stages(items, racing.first);
        }
        if let Some((racing, rival, metric, loss, score)) = found {
            schedule.order = order(items, setup.header.seed, rival.generation);
            schedule.stages = stages(items, racing.first);
            let race = template(racing, loss, score, &schedule.order).map_err(SessionError::Race)?;
            schedule.race = Some(RaceTemplate { rival: rival.index, metric: metric.clone(), loss, race });
        }
        if let (Some(racing), Some(objective)) = (setup.racing, setup.objectives.first()) {
            let known = old.iter().filter_map(|proposal| trials.get(usize::try_from(proposal.index).ok()?));
            let generation = old.len() + new.len();
            schedule.halving = Halving::new(racing.keep, objective, generation, known);
        }
        let entrant = |_| Entrant {
            race: schedule.race.as_ref().map(|template| template.race.clone()),
            pieces: Vec::new(),
            shared: true,
            effort: Effort::default(),
        };
        schedule.entrants = new.iter().map(entrant).collect();
        Ok(schedule)
    }

    pub(in crate::session) fn stages(&self) -> usize {
        self.stages.len()
    }

    /// The items that a stage adds.
    pub(in crate::session) fn items(&self, stage: usize) -> &[u32] {
        let first = if stage == 0 { 0 } else { self.stages[stage - 1] };
        &self.order[first as usize..self.stages[stage] as usize]
    }

    /// What a stage says about an entrant: how its trial ends, or `None` when it goes on.
    pub(in crate::session) fn scored(
        &mut self,
        entrant: usize,
        stage: usize,
        scored: Scored,
    ) -> Option<Ended> {
        let entrant = &mut self.entrants[entrant];
        entrant.effort += scored.effort;
        entrant.shared &= scored.shared;
        let scores = match scored.outcome {
            Ok(scores) => scores,
            Err(failure) => return Some(entrant.ended(Err(failure), self.order.len())),
        };
        if let (Some(race), Some(template)) = (&mut entrant.race, &self.race) {
            let first = if stage == 0 { 0 } else { self.stages[stage - 1] } as usize;
            let values = scores.metrics.get(&template.metric).map_or(&[][..], |score| &score.items);
            for (item, value) in self.order[first..].iter().zip(values) {
                if let Err(error) = race.observe(*item, template.loss.of_item(*value)) {
                    let failure = EvalFailure::Internal(error.to_string());
                    return Some(entrant.ended(Err(failure), self.order.len()));
                }
            }
        }
        entrant.pieces.push(scores);
        if stage + 1 == self.stages.len() {
            let scores = entrant.scores(&self.order, &(0..self.order.len() as u32).collect::<Vec<_>>());
            return Some(entrant.ended(Ok(Finish::Complete(scores)), self.order.len()));
        }
        let template = self.race.as_ref().filter(|_| entrant.race.as_ref().is_some_and(Race::is_lost))?;
        Some(entrant.dropped(&self.order, stage, self.stages[stage], template.rival))
    }

    /// Who of `left`, scored on everything up to `stage`, does not go on, and how its trial ends. `ids` are the numbers of
    /// all entrants' trials.
    pub(in crate::session) fn cut(&self, stage: usize, left: &[usize], ids: &[u64]) -> Vec<(usize, Ended)> {
        let Some(halving) = self.halving.as_ref().filter(|_| stage + 1 < self.stages.len()) else {
            return Vec::new();
        };
        let items = &self.order[..self.stages[stage] as usize];
        let standing = |&entrant: &usize| Standing {
            trial: ids[entrant],
            loss: halving.loss(&self.entrants[entrant].scores(&self.order, items)),
        };
        let (rival, behind) = halving.behind(stage, items, left.iter().map(standing).collect());
        let ended = |&entrant: &usize| {
            let end = self.entrants[entrant].dropped(&self.order, stage, self.stages[stage], rival);
            (entrant, end)
        };
        left.iter().filter(|entrant| behind.contains(&ids[**entrant])).map(ended).collect()
    }
}

impl Entrant {
    /// Scores on `items`, all of which were scored, in the order of the race `order`.
    fn scores(&self, order: &[u32], items: &[u32]) -> Scores {
        let mut places = vec![None; order.len()];
        let values = |scores: &Scores| scores.metrics.values().next().map_or(0, |score| score.items.len());
        let pieces = self.pieces.iter().flat_map(|piece| (0..values(piece)).map(move |place| (piece, place)));
        for (item, place) in order.iter().zip(pieces) {
            places[*item as usize] = Some(place);
        }
        Scores::assemble(&items.iter().filter_map(|item| places[*item as usize]).collect::<Vec<_>>())
    }

    /// The end after `stage`, which `seen` items end, against `rival`.
    fn dropped(&self, order: &[u32], stage: usize, seen: u32, rival: u64) -> Ended {
        let items = order[..seen as usize].to_vec();
        let (stage, scores) = (stage as u32 + 1, self.scores(order, &items));
        // Whether it is reused is told by the trials before it, when it is journalled.
        let dropped = Dropped { stage, scores, items, rival, reused: false };
        self.ended(Ok(Finish::Dropped(dropped)), order.len())
    }

    fn ended(&self, outcome: Result<Finish, EvalFailure>, items: usize) -> Ended {
        let mut effort = self.effort;
        // Naive is what this trial would have cost alone and on all items.
        if let Some(each) = effort.work.naive.checked_div(effort.items as u64) {
            effort.work.naive = each * items as u64;
        }
        Ended { outcome, shared: self.shared, effort }
    }
}

fn template(racing: Racing, loss: RaceLoss, rival: &MetricScore, order: &[u32]) -> Result<Race, RaceError> {
    let items: Vec<f64> = rival.items.iter().map(|&value| loss.of_item(value)).collect();
    let floor: Vec<f64> = items.iter().map(|loss| loss * racing.floor).collect();
    Race::new(&MetricScore { items, ..rival.clone() }, &floor, order, racing.error)
}
