//! Strategies that ask for configs again, on other items.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use attune_core::plan::Plan;
use attune_core::pooling::Pool;
use attune_core::profile::Selected;
use attune_core::scores::{Aggregate, MetricScore, Scores};
use attune_core::space::Config;
use attune_core::strategy::{Observation, Origin, Proposal, Strategy};
use attune_core::trial::{Outcome, Repeat, TrialState};

use super::*;
use crate::session::counters::Counters;
use crate::strategy::{SearchContext, StrategyError, StrategyFactory, StrategySource, build};

/// New configs of a generation of random search.
const NEW: usize = 5;

/// Random search that asks for the best half of each generation again, the very best of them twice, and keeps what it is told.
struct Doubtful {
    told: Arc<Mutex<Vec<Observation>>>,
    /// Repeats of one config.
    times: u64,
}

struct Doubting {
    inner: Box<dyn Strategy>,
    factory: Doubtful,
    repeats: u32,
    proposed: Vec<Proposal>,
    /// Numbers of the inner strategy's proposals.
    inner_of: BTreeMap<u64, u64>,
    /// What is asked again next.
    doubts: Vec<u64>,
}

impl StrategyFactory for Doubtful {
    fn name(&self) -> &str {
        "doubtful"
    }

    fn build(&self, context: SearchContext) -> Result<Box<dyn Strategy>, StrategyError> {
        self.told.lock().unwrap().clear();
        let random = Selected { name: "random".to_owned(), options: Default::default() };
        Ok(Box::new(Doubting {
            repeats: context.repeats,
            inner: build(&random, context)?,
            factory: Self { told: Arc::clone(&self.told), times: self.times },
            proposed: Vec::new(),
            inner_of: BTreeMap::new(),
            doubts: Vec::new(),
        }))
    }
}

impl Strategy for Doubting {
    fn name(&self) -> &'static str {
        "doubtful"
    }

    fn ask(&mut self, limit: usize) -> Vec<Proposal> {
        let first = self.proposed.len() as u64;
        let mut next: Vec<Proposal> = std::mem::take(&mut self.doubts)
            .into_iter()
            .map(|of| (self.proposed[of as usize].config.clone(), Origin::Again { of }))
            .zip(first..)
            .map(|((config, origin), index)| Proposal { index, config, origin })
            .take(limit)
            .collect();
        if next.is_empty() {
            for (index, proposal) in (first..).zip(self.inner.ask(limit.min(NEW))) {
                self.inner_of.insert(index, proposal.index);
                next.push(Proposal { index, ..proposal });
            }
        }
        self.proposed.extend(next.iter().cloned());
        next
    }

    fn tell(&mut self, observations: &[Observation]) {
        self.factory.told.lock().unwrap().extend(observations.iter().cloned());
        let new: Vec<Observation> = observations
            .iter()
            .filter_map(|told| Some(Observation { index: *self.inner_of.get(&told.index)?, ..told.clone() }))
            .collect();
        if new.is_empty() {
            return;
        }
        self.inner.tell(&new);
        let mut scored: Vec<&Observation> =
            observations.iter().filter(|told| told.losses.is_some()).collect();
        scored.sort_by(|a, b| a.compare(b));
        let times = self.factory.times.min(u64::from(self.repeats) + u64::from(self.factory.times > 3));
        self.doubts = scored.iter().take(NEW / 2).map(|told| told.index).collect();
        let best: Vec<u64> = self.doubts.first().copied().into_iter().collect();
        (1..times).for_each(|_| self.doubts.extend(&best));
    }
}

type Told = Arc<Mutex<Vec<Observation>>>;

fn doubtful(study: &Study, times: u64) -> (SessionSetup, Told) {
    let told = Told::default();
    let strategy = StrategySource::Own(Arc::new(Doubtful { told: Arc::clone(&told), times }));
    (SessionSetup { strategy, ..study.setup().unwrap() }, told)
}

fn end(setup: SessionSetup) -> (Finished, Vec<Event>) {
    match scripted_study::run(setup, |_, _| {}) {
        (Ok(SessionEnd::Finished(finished)), events) => (*finished, events),
        (other, _) => panic!("{other:?}"),
    }
}

#[test]
fn repeats_meet_other_items_and_are_told_in_pairs() {
    let study = Study::default();
    let (setup, told) = doubtful(&study, 2);
    let (finished, _) = end(setup);
    let all = trials(&study);
    let mut met: BTreeMap<u64, BTreeSet<u32>> = BTreeMap::new();
    for trial in all.iter().filter(|trial| trial.again_of().is_some()) {
        let TrialState::Repeated(repeat) = trial.state() else { panic!("{:?}", trial.state()) };
        let of = trial.again_of().unwrap();
        let met = met.entry(of).or_default();
        let before = met.len() as u32;
        let block: Vec<u32> = (8 + before..16 + before).collect();
        assert_eq!(repeat.items, block, "in blocks, one after another");
        met.extend(&repeat.items);
        assert_eq!((&trial.config, &trial.plan), (&all[of as usize].config, &all[of as usize].plan));
    }
    assert!(met.values().any(|met| met.len() == 16), "some config was asked again twice");
    // Two that were asked again have the same block: their difference is that of all 16 items.
    let told = told.lock().unwrap();
    let damage = |id: u64| -> f64 {
        let state = all[id as usize].state();
        let TrialState::Repeated(repeat) = state else { panic!("{state:?}") };
        let first = all[all[id as usize].again_of().unwrap() as usize].scores().unwrap();
        let both = [first, &repeat.scores].map(|scores| &scores.metrics["damage"]);
        let weights: f64 = both.iter().flat_map(|score| &score.weights).sum();
        let pairs = both.iter().flat_map(|score| score.items.iter().zip(&score.weights));
        pairs.map(|(item, weight)| item * weight).sum::<f64>() / weights
    };
    let (one, two) = (5, 6);
    let difference = told[one].loss() - told[two].loss();
    assert!((difference - (damage(5) - damage(6))).abs() < 1e-12, "{difference}");
    assert!(told[one].fresh.is_some() && told[0].fresh.is_none());
    // Repeats count: as trials, and what they evaluated.
    assert_eq!(finished.progress.trials, study.trials);
    let pool = Pool::new(&all);
    let best = &all[finished.report.best.trial as usize];
    let lowest =
        all.iter().filter_map(|trial| pool.scores(trial)?.value("damage")).fold(f64::INFINITY, f64::min);
    assert_eq!(pool.scores(best).unwrap().value("damage"), Some(lowest));
    assert_eq!(finished.report.best.search["damage"], lowest);
    assert_eq!(best.again_of(), None, "the winner is a config's first trial");
}

#[test]
fn a_study_that_asks_again_is_replayed_from_wherever_it_was_killed() {
    let undisturbed = Study::default();
    let (setup, told) = doubtful(&undisturbed, 3);
    end(setup);
    for kill in (0..undisturbed.store.writes()).step_by(3) {
        let study = Study { workers: 1 + kill % 3, ..Study::default() };
        let (setup, heard) = doubtful(&study, 3);
        study.store.limit_writes(Some(kill));
        assert!(scripted_study::run(setup.clone(), |_, _| {}).0.is_err());
        study.store.limit_writes(None);
        end(setup);
        assert_eq!(records(&study), records(&undisturbed), "killed after write {kill}");
        assert_eq!(*heard.lock().unwrap(), *told.lock().unwrap(), "told after a kill at {kill}");
    }
}

#[test]
fn a_config_is_not_asked_again_more_often_than_there_are_items_for() {
    // 32 items of selection data and 8 in a trial: three times.
    let study = Study::default();
    let (setup, _) = doubtful(&study, 4);
    let message = scripted_study::run(setup, |_, _| ()).0.unwrap_err().to_string();
    assert!(message.contains("asked again 4 times") && message.contains("at most 3 times"), "{message}");
}

#[test]
fn the_winner_is_the_best_over_all_items_and_events_name_it() {
    // One item says little about a config.
    let study = Study { items: 1, trials: 40, ..Study::default() };
    let (setup, _) = doubtful(&study, 1);
    let (finished, events) = end(setup);
    let all = trials(&study);
    let pool = Pool::new(&all);
    let pooled = |trial: &Trial| pool.scores(trial).and_then(|scores| scores.value("damage"));
    let best = &all[finished.report.best.trial as usize];
    let beaten = all.iter().filter(|trial| trial.again_of().is_none()).filter_map(pooled);
    assert!(beaten.into_iter().all(|other| other >= pooled(best).unwrap()));
    // Whoever follows the events knows the same winner.
    let mut followed = None;
    for event in &events {
        match event {
            Event::BestSoFar { trial } => followed = Some(trial.id),
            Event::TrialFinished { trial, best: true, .. } => followed = Some(trial.id),
            _ => {}
        }
    }
    assert_eq!(followed, Some(best.id));
}

#[test]
fn luck_on_the_first_items_is_corrected() {
    let scores = |damage: f64| {
        let score = MetricScore { aggregate: Aggregate::Mean, items: vec![damage; 2], weights: vec![1.0; 2] };
        Scores { metrics: [("damage".to_owned(), score)].into() }
    };
    let trial = |id: u64, origin: Origin, state: TrialState| {
        let mut trial = Trial::new(id, Config::new(Vec::new()), Plan::empty(), Vec::new(), origin);
        trial.advance(state).unwrap();
        trial
    };
    let first = |id, damage| {
        let outcome = Outcome { scores: scores(damage), reused: false };
        trial(id, Origin::Random, TrialState::Complete(outcome))
    };
    let again = |id, of, damage| {
        let repeat = Repeat { items: vec![2, 3], scores: scores(damage), reused: false };
        trial(id, Origin::Again { of }, TrialState::Repeated(repeat))
    };
    let trials = [first(0, 1.0), first(1, 1.5), again(2, 0, 4.0), again(3, 1, 3.0)];
    let losses = Study::default().setup().unwrap().preflight().losses().unwrap();
    let mut counters = Counters::new(4);
    for trial in &trials {
        counters.rank(trial, losses.of_trial(trial).as_deref());
    }
    assert_eq!(counters.best(), Some(0));
    assert_eq!(counters.rank_again(&trials[..3], &losses), None, "alone it says nothing");
    assert_eq!(counters.rank_again(&trials, &losses), Some(1));
    assert_eq!(counters.rank_again(&trials, &losses), None, "nothing has changed since");
}
