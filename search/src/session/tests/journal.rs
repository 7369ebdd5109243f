//! Journals that belong to another study, or to none.

use super::*;
use attune_core::strategy::Origin;

#[test]
fn another_study_of_the_same_name_is_refused_with_the_difference() {
    let study = Study::default();
    finished(&study);
    let other_seed = Study { seed: 2, ..study };
    let message = error(&other_seed);
    assert!(
        message.contains("study `study` exists and differs in its seed: it has 1, this run has 2"),
        "{message}"
    );
    let other_profile = Study { seed: 1, objectives: vec!["likeness"], ..other_seed };
    let message = error(&other_profile);
    assert!(message.contains("differs in its profile: it has `objectives: [\"damage\"]"), "{message}");
}

#[test]
fn a_strategy_that_proposes_something_else_on_replay_is_refused() {
    let study = Study { trials: 10, ..Study::default() };
    finished(&study);
    study.store.tamper("study", |records| {
        let Record::Trial(trial) = &records[4] else { panic!("record 4 is a trial") };
        let mut changed = Trial::new(
            trial.id,
            scripted::ScriptedTechnique::config([0; scripted::LAYERS as usize]),
            trial.plan.clone(),
            trial.costs.clone(),
            Origin::Random,
        );
        changed.advance(trial.state().clone()).unwrap();
        records[4] = Record::Trial(Box::new(changed));
    });
    let message = error(&Study { trials: 12, ..study });
    assert!(message.contains("cannot be continued: its trial 3 is config"), "{message}");
}

#[test]
fn journals_out_of_order_are_refused_with_the_place() {
    let damage = |change: fn(&mut Vec<Record>)| {
        let study = Study { trials: 10, ..Study::default() };
        finished(&study);
        study.store.tamper("study", change);
        error(&study)
    };
    let gap = damage(|records| drop(records.remove(3)));
    assert!(gap.contains("record 3 is trial 3, expected trial 2 or a report"), "{gap}");
    let headless = damage(|records| drop(records.remove(0)));
    assert!(headless.contains("record 0 is a trial, expected the study's header"), "{headless}");
    let twice = damage(|records| records.push(records[0].clone()));
    assert!(twice.contains("record 12 is a second header"), "{twice}");
}

#[test]
fn a_study_that_scored_nothing_is_in_nobodys_way() {
    let alone = Study { seed: 2, ..Study::default() };
    finished(&alone);
    let study = Study::default();
    finished(&study);
    // Failed before its first trial had a score.
    study.store.tamper("study", |records| records.truncate(1));
    let other = Study { seed: 2, ..study };
    finished(&other);
    assert_eq!(records(&other), records(&alone));
}

#[test]
fn a_run_that_fails_is_noted_beside_the_journal() {
    let study = Study::default();
    study.store.limit_writes(Some(7));
    let message = error(&study);
    let notes = study.store.notes_on("study").unwrap();
    assert_eq!(attune_core::store::failure(&notes), Some(message.as_str()));
    study.store.limit_writes(None);
    finished(&study);
    assert_eq!(attune_core::store::failure(&study.store.notes_on("study").unwrap()), None);
}
