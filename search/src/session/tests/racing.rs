//! Trials that cannot matter any more are left early, and nothing else changes.

use attune_core::evaluator::{Request, Split};
use attune_core::options::OptionValue;
use attune_core::profile::Racing;
use attune_core::scores::Scores;
use attune_core::trial::{Dropped, TrialState};
use attune_testkit::scripted::ScriptedEvaluator;

use super::*;

const RACING: Racing = Racing { first: 4, error: 0.05, floor: 0.5, keep: 1.0 };

fn racing(workers: usize) -> Study {
    Study { items: 32, trials: 80, racing: Some(RACING), workers, ..Study::default() }
}

fn dropped(study: &Study) -> Vec<(Trial, Dropped)> {
    let lost = |trial: Trial| match trial.state() {
        TrialState::Dropped(dropped) => Some((trial.clone(), dropped.clone())),
        _ => None,
    };
    trials(study).into_iter().filter_map(lost).collect()
}

#[test]
fn losers_are_left_early_and_the_work_says_so() {
    let study = racing(1);
    let (end, _) = finished(&study);
    let lost = dropped(&study);
    assert!(lost.len() > 10, "{} of 80 were dropped", lost.len());
    assert_eq!(end.progress.dropped, lost.len() as u64);
    assert_eq!(end.progress.evaluated + end.progress.reused, 80);
    assert_eq!(end.progress.work.naive - end.progress.measuring.naive, 80 * 32 * 6);
    let items: usize = trials(&study)
        .iter()
        .map(|trial| match trial.state() {
            TrialState::Dropped(dropped) => dropped.items.len(),
            _ => 32,
        })
        .sum();
    assert_eq!(end.progress.work.computed - end.progress.measuring.computed, items as u64 * 6);
}

#[test]
fn whoever_was_dropped_is_no_better_than_its_rival() {
    // The scripted damages of two configs differ by a factor on every item, so nobody is dropped by bad luck.
    let study = racing(1);
    finished(&study);
    let all = trials(&study);
    for (trial, lost) in dropped(&study) {
        let request = Request::new(Split::Selection, (0..32).collect());
        let value = |plan| study.evaluator.scores(plan, &request).value("damage").unwrap();
        let rival = &all[lost.rival as usize];
        assert!(rival.id < trial.id && rival.scores().is_some());
        assert!(value(&trial.plan) > value(&rival.plan), "trial {}", trial.id);
        assert_eq!(lost.scores.metrics["damage"].items.len(), lost.items.len());
        assert!(lost.items.len() < 32);
    }
}

#[test]
fn every_item_of_a_trial_is_evaluated_once_and_complete_trials_have_them_in_order() {
    let study = racing(1);
    finished(&study);
    assert!(study.evaluator.evaluated_items().values().all(|times| *times == 1));
    let request = Request::new(Split::Selection, (0..32).collect());
    for trial in trials(&study) {
        if let Some(scores) = trial.scores() {
            assert_eq!(*scores, study.evaluator.scores(&trial.plan, &request));
        }
    }
}

#[test]
fn workers_and_interruptions_change_nothing() {
    let undisturbed = racing(1);
    finished(&undisturbed);
    let many = racing(5);
    finished(&many);
    assert_eq!(records(&many), records(&undisturbed));
    for writes in [1, 7, 30, 61, 100, 150] {
        let study = racing(2);
        study.store.limit_writes(Some(writes));
        assert!(scripted_study::run(study.setup().unwrap(), |_, _| {}).0.is_err());
        study.store.limit_writes(None);
        let (end, _) = finished(&study);
        assert_eq!(records(&study), records(&undisturbed), "after {writes} writes");
        assert_eq!(end.progress.dropped, dropped(&undisturbed).len() as u64);
    }
}

#[test]
fn a_study_of_another_fidelity_pays_only_for_new_items() {
    let small = Study { items: 8, ..Study::default() };
    finished(&small);
    let large = Study { items: 20, name: "large", ..small };
    finished(&large);
    assert!(large.evaluator.evaluated_items().values().all(|times| *times == 1));
}

#[test]
fn racing_needs_one_metric_with_losses_that_are_never_negative() {
    let study = Study { objectives: vec!["bits"], ..racing(1) };
    assert!(error(&study).contains("remove `racing`"), "{}", error(&study));
    let study = Study { objectives: vec!["damage", "bits"], ..racing(1) };
    assert!(error(&study).contains("`damage`"));
}

/// The likeness of an item, as a yes or no: many items of two configs tie.
fn yes_or_no() -> Arc<ScriptedEvaluator> {
    Arc::new(ScriptedEvaluator::default().edited(|_, mut scores| {
        if let Some(likeness) = scores.metrics.get_mut("likeness") {
            for (item, weight) in likeness.items.iter_mut().zip(&mut likeness.weights) {
                *item = f64::from(u8::from(*item > 0.9));
                *weight = 1.0;
            }
        }
        scores
    }))
}

#[test]
fn a_share_that_is_maximised_races_and_so_does_a_yes_or_no() {
    for (evaluator, floor) in [(Arc::default(), 0.5), (yes_or_no(), 0.0)] {
        let raced = Some(Racing { floor, ..RACING });
        let study = Study { objectives: vec!["likeness"], racing: raced, evaluator, ..racing(1) };
        let (end, _) = finished(&study);
        let lost = dropped(&study);
        // Yes or no, nearly everybody ties, and nobody need be left.
        assert!(floor == 0.0 || !lost.is_empty());
        assert_eq!(end.progress.dropped, lost.len() as u64);
        let all = trials(&study);
        for (trial, lost) in lost {
            let right = |items: &[u32], scores: &Scores, at: &dyn Fn(usize) -> usize| -> f64 {
                (0..items.len()).map(|place| scores.metrics["likeness"].items[at(place)]).sum()
            };
            let rival = all[lost.rival as usize].scores().unwrap();
            let own = right(&lost.items, &lost.scores, &|place| place);
            let others = right(&lost.items, rival, &|place| lost.items[place] as usize);
            assert!(own < others, "trial {}: {own} on its items, its rival {others}", trial.id);
        }
        let best = end.report.best;
        assert!(
            all.iter()
                .filter_map(Trial::scores)
                .all(|scores| { scores.value("likeness").unwrap() <= best.search["likeness"] })
        );
    }
}

const HALVING: Racing = Racing { first: 4, error: 0.05, floor: 0.0, keep: 0.5 };

fn halving(workers: usize) -> Study {
    let mut study = Study { items: 32, trials: 80, racing: Some(HALVING), workers, ..Study::default() };
    study.strategy.options.insert("initial".to_owned(), OptionValue::Int(16));
    study
}

#[test]
fn a_share_of_each_generation_goes_on_after_each_stage() {
    let study = halving(1);
    let (end, _) = finished(&study);
    let all = trials(&study);
    // The first generation is 16 trials: stages of 4, 8, 16 and 32 items.
    let items = |trial: &Trial| match trial.state() {
        TrialState::Dropped(dropped) => dropped.items.len(),
        _ => 32,
    };
    let mut first: Vec<usize> = all[..16].iter().map(items).collect();
    first.sort_unstable();
    assert_eq!(first, [vec![4; 8], vec![8; 4], vec![16; 2], vec![32; 2]].concat());
    for (trial, lost) in dropped(&study) {
        let request = Request::new(Split::Selection, lost.items.clone());
        let damage = |trial: &Trial| study.evaluator.scores(&trial.plan, &request).value("damage").unwrap();
        assert!(damage(&trial) >= damage(&all[lost.rival as usize]), "trial {}", trial.id);
    }
    let computed: usize = all.iter().map(items).sum();
    assert_eq!(end.progress.work.computed - end.progress.measuring.computed, computed as u64 * 6);
    assert!(computed < 80 * 32 / 2, "{computed} items");
}

#[test]
fn neither_workers_nor_interruptions_change_who_goes_on() {
    let undisturbed = halving(1);
    finished(&undisturbed);
    let many = halving(5);
    finished(&many);
    assert_eq!(records(&many), records(&undisturbed));
    for writes in [1, 5, 9, 14, 20, 33, 50, 80, 120] {
        let study = halving(2);
        study.store.limit_writes(Some(writes));
        assert!(scripted_study::run(study.setup().unwrap(), |_, _| {}).0.is_err());
        study.store.limit_writes(None);
        finished(&study);
        assert_eq!(records(&study), records(&undisturbed), "after {writes} writes");
    }
}

#[test]
fn a_search_learns_from_whom_it_left_early() {
    let study = halving(1);
    finished(&study);
    let all = trials(&study);
    let losses = study.setup().unwrap().preflight().losses().unwrap();
    let request = Request::new(Split::Selection, (0..32).collect());
    let observed = race::observations(&all[..16], 0, &losses);
    for (trial, observation) in all[..16].iter().zip(observed) {
        assert_eq!(observation.losses.is_some(), trial.scores().is_some());
        let truth = study.evaluator.scores(&trial.plan, &request).value("damage").unwrap();
        if let Some(estimate) = observation.estimate {
            // Items differ by up to a fifth here.
            assert!((estimate / truth - 1.0).abs() < 0.2, "trial {}: {estimate} for {truth}", trial.id);
        } else {
            assert!(trial.scores().is_some());
        }
    }
}
