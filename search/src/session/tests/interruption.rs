//! Studies that are killed, stopped, paused and extended.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use attune_core::evaluator::EvalFailure;
use attune_core::event::Command;
use attune_core::store::{RunNote, RunTime};

use super::*;
use attune_testkit::scripted::ScriptedEvaluator;

/// Enough restarts for any of these tests.
const RESTARTS: usize = 400;

#[test]
fn a_kill_at_any_write_changes_nothing() {
    let undisturbed = Study::default();
    finished(&undisturbed);
    let writes = undisturbed.store.writes();
    for kill in 0..writes {
        let study = Study { workers: 1 + kill % 3, ..Study::default() };
        study.store.limit_writes(Some(kill));
        assert!(scripted_study::run(study.setup().unwrap(), |_, _| {}).0.is_err());
        study.store.limit_writes(None);
        finished(&study);
        assert_eq!(records(&study), records(&undisturbed), "killed after write {kill}");
    }
}

#[test]
fn a_study_that_is_killed_again_and_again_gets_there() {
    let undisturbed = Study::default();
    finished(&undisturbed);
    let study = Study { workers: 2, ..Study::default() };
    let killed = (0..RESTARTS).take_while(|restart| {
        study.store.limit_writes(Some(1 + restart % 3));
        scripted_study::run(study.setup().unwrap(), |_, _| {}).0.is_err()
    });
    let killed = killed.count();
    assert_eq!(records(&study), records(&undisturbed));
    // Which evaluations a kill loses depends on the workers; without what is kept, a plan would run anew after each.
    let most = study.evaluator.evaluated().values().copied().max().unwrap_or(0);
    assert!((1..killed / 2).contains(&most), "finished evaluations are kept: {most} of {killed} runs");
}

#[test]
fn stopping_at_any_event_and_resuming_changes_nothing() {
    let undisturbed = Study::default();
    let (_, events) = finished(&undisturbed);
    // A stop after the generation has the same effect at each of its events.
    for (command, step) in [(Command::StopNow, 1), (Command::StopAfterGeneration, 7)] {
        for stop in (0..events.len()).step_by(step) {
            let study = Study { workers: 2, ..Study::default() };
            let mut seen = 0;
            let (end, told) = scripted_study::run(study.setup().unwrap(), |_, commands| {
                if seen == stop {
                    // Nobody listens any more when the last event comes.
                    let _ = commands.send(command);
                }
                seen += 1;
            });
            if end.unwrap() == SessionEnd::Interrupted {
                assert!(matches!(told.last(), Some(Event::Interrupted { .. })));
            }
            finished(&study);
            assert_eq!(records(&study), records(&undisturbed), "{command:?} at event {stop}");
        }
    }
}

#[test]
fn a_stop_reaches_the_plan_that_is_being_evaluated() {
    let undisturbed = Study::default();
    finished(&undisturbed);
    let calls = AtomicUsize::new(0);
    let slow = ScriptedEvaluator::default().failing(move |_, request| {
        // The ninth evaluation takes for ever, unless it is called off.
        if calls.fetch_add(1, Ordering::Relaxed) != 8 {
            return None;
        }
        let called_off = (0..60_000).any(|_| {
            thread::sleep(Duration::from_millis(1));
            request.stop.is_asked()
        });
        let stuck = || EvalFailure::Internal("nobody called the evaluation off".to_owned());
        Some(if called_off { EvalFailure::Interrupted } else { stuck() })
    });
    let study = Study { evaluator: Arc::new(slow), ..Study::default() };
    let (end, _) = scripted_study::run(study.setup().unwrap(), |event, commands| {
        if matches!(event, Event::TrialStarted { trial: 8, .. }) {
            commands.send(Command::StopNow).unwrap();
        }
    });
    assert_eq!(end.unwrap(), SessionEnd::Interrupted);
    let kept = trials(&study).len();
    assert!(kept < 11, "{kept} trials: the generation was not left");
    let resumed = Study { store: study.store.clone(), ..Study::default() };
    finished(&resumed);
    assert_eq!(records(&resumed), records(&undisturbed));
}

#[test]
fn stop_after_generation_finishes_the_generation() {
    let study = Study::default();
    let mut sent = false;
    let (end, events) = scripted_study::run(study.setup().unwrap(), |event, commands| {
        if !sent && matches!(event, Event::TrialFinished { trial, .. } if trial.id == 7) {
            commands.send(Command::StopAfterGeneration).unwrap();
            sent = true;
        }
    });
    assert_eq!(end.unwrap(), SessionEnd::Interrupted);
    // Generations of 6, then 5: trial 7 is in the second one, which ends with trial 10.
    assert_eq!(trials(&study).len(), 11);
    assert!(matches!(events.last(), Some(Event::Interrupted { progress }) if progress.trials == 11));
}

#[test]
fn stop_now_does_not_evaluate_the_rest_of_the_generation() {
    let study = Study::default();
    let (end, _) = scripted_study::run(study.setup().unwrap(), |event, commands| {
        if matches!(event, Event::Started { .. }) {
            commands.send(Command::StopNow).unwrap();
        }
    });
    assert_eq!(end.unwrap(), SessionEnd::Interrupted);
    assert!(study.evaluator.evaluated().is_empty());
    assert!(trials(&study).is_empty());
}

#[test]
fn a_paused_study_waits_for_resume_and_ends_when_nobody_can_say_it() {
    let study = Study::default();
    scripted_study::run(study.setup().unwrap(), |event, commands| {
        if matches!(event, Event::Measuring { .. }) {
            commands.send(Command::Pause).unwrap();
            let later = commands.clone();
            let evaluator = study.evaluator.clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(30));
                assert!(evaluator.evaluated().is_empty(), "a paused study evaluates nothing");
                later.send(Command::Resume).unwrap();
            });
        }
    })
    .0
    .unwrap();
    let undisturbed = Study::default();
    finished(&undisturbed);
    assert_eq!(records(&study), records(&undisturbed));

    let abandoned = Study::default();
    let (commands, receiver) = crossbeam_channel::unbounded();
    commands.send(Command::Pause).unwrap();
    drop(commands);
    run(abandoned.setup().unwrap(), &mut |_| {}, receiver).unwrap();
    assert_eq!(records(&abandoned), records(&undisturbed));
}

#[test]
fn an_extended_study_is_the_longer_study() {
    let study = Study { trials: 14, ..Study::default() };
    let (short, _) = finished(&study);
    assert_eq!(short.report.trials, 14);
    let study = Study { trials: 30, ..study };
    let (long, events) = finished(&study);
    assert!(matches!(&events[0], Event::Started { resumed: 14, budget: 30, .. }));
    assert_eq!((long.report.trials, long.progress.trials), (30, 30));
    assert_eq!(records(&study).iter().filter(|record| matches!(record, Record::Report(_))).count(), 2);

    let at_once = Study::default();
    finished(&at_once);
    let configs = |study: &Study| trials(study).into_iter().map(|trial| trial.config).collect::<Vec<_>>();
    // 14 trials end inside a generation; going on from there proposes what was always to come.
    assert_eq!(configs(&study), configs(&at_once));
}

#[test]
fn asking_for_fewer_trials_than_there_are_keeps_the_longer_result() {
    let study = Study::default();
    let (whole, _) = finished(&study);
    let study = Study { trials: 10, ..study };
    let (again, _) = finished(&study);
    assert_eq!(again.report, whole.report);
}

#[test]
fn time_adds_up_over_runs() {
    let study = Study::default();
    let run = RunTime { seconds: 1000.0, peak_memory: None };
    study.store.note("study", &RunNote::Run(run)).unwrap();
    let (first, _) = finished(&study);
    assert!(first.seconds > 1000.0 && first.seconds < 1100.0);
    let (second, _) = finished(&study);
    assert_eq!(second.seconds, first.seconds, "printing a result takes no search time");
}
