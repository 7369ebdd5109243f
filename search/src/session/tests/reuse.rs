//! Nothing is evaluated twice.

use attune_core::evaluator::Split;
use attune_core::options::Settings;
use attune_core::profile::Selected;
use attune_core::trial::TrialState;

use super::*;
use attune_testkit::scripted::ScriptedTechnique;

#[test]
fn running_a_finished_study_again_returns_the_stored_result_without_evaluating() {
    let study = Study::default();
    let (first, _) = finished(&study);
    let evaluated = study.evaluator.evaluated();
    let (again, events) = finished(&study);
    assert_eq!(again, first);
    assert_eq!(study.evaluator.evaluated(), evaluated);
    assert_eq!(events.len(), 2, "started and finished, nothing measured: {events:?}");
    assert_eq!(records(&study).len(), 1 + 30 + 1);
}

#[test]
fn nothing_is_evaluated_twice_on_one_split() {
    let study = Study { workers: 3, ..Study::default() };
    finished(&study);
    assert!(study.evaluator.evaluated().values().all(|times| *times == 1));
}

#[test]
fn another_study_reuses_what_is_known_and_says_so() {
    let study = Study::default();
    let (first, _) = finished(&study);
    let evaluated = study.evaluator.evaluated();
    let again = Study { name: "again", ..study };
    let (second, _) = finished(&again);
    assert_eq!(again.evaluator.evaluated(), evaluated, "every plan is known");
    assert_eq!((first.progress.evaluated, first.progress.reused), (30, 0));
    assert_eq!((second.progress.evaluated, second.progress.reused), (0, 30));
    assert_eq!(second.progress.work, second.progress.measuring, "signals are measured again");
    assert_eq!(second.report, first.report);
}

#[test]
fn what_other_studies_have_changes_no_byte_of_a_journal() {
    let alone = Study::default();
    finished(&alone);

    // Beside a study that had everything before.
    let second = Study { name: "second", ..Study::default() };
    finished(&second);
    let beside = Study { name: "study", ..second };
    let (result, _) = finished(&beside);
    assert_eq!(result.progress.reused, 30, "and yet nothing is evaluated again");
    assert_eq!(records(&beside), records(&alone));

    // Stopped, then another study runs the same profile, then it goes on.
    for writes in [5, 12, 33, 50] {
        let stopped = Study::default();
        stopped.store.limit_writes(Some(writes));
        assert!(scripted_study::run(stopped.setup().unwrap(), |_, _| {}).0.is_err());
        stopped.store.limit_writes(None);
        let between = Study { name: "between", ..stopped };
        finished(&between);
        let continued = Study { name: "study", ..between };
        finished(&continued);
        assert_eq!(records(&continued), records(&alone), "stopped after {writes} writes");
    }
}

#[test]
fn what_probes_were_scored_on_is_reused_also_when_another_study_probes_first() {
    let study = |name| Study {
        name,
        strategy: Selected { name: "profiling".to_owned(), options: Settings::new() },
        trials: 6,
        ..Study::default()
    };
    let alone = study("study");
    finished(&alone);
    let other = study("other");
    finished(&other);
    let beside = Study { name: "study", ..other };
    finished(&beside);
    assert_eq!(records(&beside), records(&alone));
}

#[test]
fn another_seed_shares_only_what_it_happens_to_meet() {
    let study = Study::default();
    finished(&study);
    let other = Study { name: "other", seed: 2, ..study };
    let progress = finished(&other).0.progress;
    assert!(progress.reused >= 2, "both start from the same two configs: {progress:?}");
    assert!(progress.evaluated > 0);
    assert!(other.evaluator.evaluated().values().all(|times| *times == 1));
}

#[test]
fn configs_with_equal_plans_share_one_evaluation() {
    let study = |workers| Study {
        technique: Arc::new(ScriptedTechnique::default().silent_in(5)),
        trials: 60,
        workers,
        ..Study::default()
    };
    let one = study(1);
    let (finished_one, _) = finished(&one);
    let selection = |study: &Study| {
        let counts = study.evaluator.evaluated();
        assert!(counts.values().all(|times| *times == 1));
        counts.keys().filter(|(split, _)| *split == Split::Selection).count()
    };
    let progress = finished_one.progress;
    assert!(progress.reused > 0, "{progress:?}");
    assert_eq!(progress.evaluated + progress.reused, 60);
    // The random configs of the report are evaluated on the selection split too, unless they were met before.
    assert!((progress.evaluated as usize..=progress.evaluated as usize + 5).contains(&selection(&one)));

    // Of equal plans the first is the evaluated one, whoever finishes first and whatever was interrupted.
    let mut seen = std::collections::HashSet::new();
    for trial in trials(&one) {
        let TrialState::Complete(outcome) = trial.state() else { panic!("nothing fails here") };
        assert_eq!(outcome.reused, !seen.insert(trial.plan.hash()), "trial {}", trial.id);
    }
    let four = study(4);
    four.store.limit_writes(Some(20));
    assert!(scripted_study::run(four.setup().unwrap(), |_, _| {}).0.is_err());
    four.store.limit_writes(None);
    finished(&four);
    assert_eq!(records(&four), records(&one));
}
