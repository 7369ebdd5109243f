//! Trials that cannot matter any more are left early, and nothing else changes.

use attune_core::evaluator::{Request, Split};
use attune_core::profile::Racing;
use attune_core::trial::{Dropped, TrialState};

use super::*;

const RACING: Racing = Racing { first: 4, error: 0.05, floor: 0.5 };

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
        assert!(testkit::run(study.setup().unwrap(), |_, _| {}).0.is_err());
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
fn racing_needs_one_minimised_metric() {
    let study = Study { objectives: vec!["likeness"], ..racing(1) };
    assert!(error(&study).contains("remove `racing`"), "{}", error(&study));
    let study = Study { objectives: vec!["damage", "bits"], ..racing(1) };
    assert!(error(&study).contains("`damage`"));
}
