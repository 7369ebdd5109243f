//! Plans, techniques and evaluators that fail.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use attune_core::evaluator::{EvalFailure, Split};
use attune_core::options::OptionValue;
use attune_core::plan::Edit;
use attune_core::space::{Config, Value};
use attune_core::store::RunNote;
use attune_core::strategy::Origin;
use attune_core::technique::FailureKind;
use attune_core::trial::TrialState;

use crossbeam_channel::Sender;

use super::*;
use attune_testkit::scripted::{ScriptedEvaluator, ScriptedTechnique};

fn first_level(config: &Config) -> u32 {
    match config.dimensions()[0][0] {
        Value::Index(level) => level,
        _ => 0,
    }
}

fn with_evaluator(evaluator: ScriptedEvaluator) -> Study {
    Study { evaluator: Arc::new(evaluator), ..Study::default() }
}

fn with_technique(technique: ScriptedTechnique) -> Study {
    Study { technique: Arc::new(technique), ..Study::default() }
}

fn not_finite() -> EvalFailure {
    EvalFailure::NotFinite { metric: "damage".to_owned(), item: 3, value: f64::INFINITY }
}

#[test]
fn failing_plans_are_failed_trials_and_the_study_goes_on() {
    let study = with_evaluator(
        ScriptedEvaluator::default().failing(|plan, _| plan.canonical().contains("keys:8").then(not_finite)),
    );
    let (finished, events) = finished(&study);
    let failed = |trial: &Trial| matches!(trial.state(), TrialState::Failed(_));
    assert!(finished.progress.failed > 0);
    assert_eq!(finished.progress.trials, 30);
    for trial in trials(&study) {
        assert_eq!(failed(&trial), trial.plan.canonical().contains("keys:8"));
    }
    assert!(!finished.report.best.plan.canonical().contains("keys:8"));
    // The dense model and the uniform baseline are there, `too-large` is left out with a warning.
    let names: Vec<&str> = finished.report.baselines.iter().map(|line| line.name.as_str()).collect();
    assert!(names.contains(&"dense") && names.contains(&"uniform") && !names.contains(&"too-large"));
    assert!(warnings(&events).iter().any(|message| message.starts_with("`too-large` has no report scores")));
}

#[test]
fn repeatable_failures_are_cached_and_others_are_not() {
    let evaluations = |failure: fn() -> EvalFailure| {
        let study = with_evaluator(
            ScriptedEvaluator::default()
                .failing(move |plan, _| plan.canonical().contains("keys:8,layer:0").then(failure)),
        );
        scripted_study::run(study.setup().unwrap(), |_, _| {}).1.clear();
        let again = Study { name: "again", ..study };
        scripted_study::run(again.setup().unwrap(), |_, _| {}).1.clear();
        again.evaluator.evaluated().values().copied().max()
    };
    assert_eq!(evaluations(not_finite), Some(1));
    let out_of_memory = || EvalFailure::OutOfMemory { device: "paper".to_owned(), detail: "test".to_owned() };
    assert!(evaluations(out_of_memory) > Some(1));
}

#[test]
fn nan_is_never_the_best() {
    let study = with_evaluator(ScriptedEvaluator::default().edited(|plan, mut scores| {
        if plan.canonical().contains("keys:8") {
            scores.metrics.iter_mut().for_each(|(_, score)| score.items[0] = f64::NAN);
        }
        scores
    }));
    let (finished, events) = finished(&study);
    assert!(!finished.report.best.plan.canonical().contains("keys:8"));
    assert!(finished.report.best.search["damage"].is_finite());
    for event in events {
        let Event::TrialFinished { trial, best, .. } = event else { continue };
        assert!(!(best && trial.plan.canonical().contains("keys:8")));
    }
}

#[test]
fn a_technique_that_fails_on_some_configs_loses_only_these_trials() {
    for failing_call in ["lower", "cost"] {
        let study = with_technique(ScriptedTechnique::default().failing(move |call, configs| {
            let hit = call == failing_call && first_level(configs[0]) == 0;
            hit.then(|| FailureKind::Trapped("unreachable".to_owned()))
        }));
        let (finished, _) = finished(&study);
        assert!(finished.progress.failed > 0 && finished.progress.evaluated > 0);
        for trial in trials(&study) {
            match trial.state() {
                TrialState::Failed(message) => {
                    assert_eq!(first_level(&trial.config), 0);
                    let expected =
                        format!("technique `scripted` failed in `{failing_call}`: it trapped: unreachable");
                    assert_eq!(*message, expected);
                }
                _ => assert_ne!(first_level(&trial.config), 0),
            }
        }
    }
}

#[test]
fn a_first_generation_that_fails_as_a_whole_ends_the_study_with_its_first_failure() {
    let study = with_evaluator(ScriptedEvaluator::default().failing(|_, _| Some(not_finite())));
    let message = error(&study);
    assert!(
        message.starts_with("none of the 6 trials so far was scored; trial 0 failed with: metric `damage`")
    );
    assert_eq!(trials(&study).len(), 6);
    let evaluated = study.evaluator.evaluated();
    assert_eq!(error(&study), message, "running again says the same");
    assert_eq!(study.evaluator.evaluated(), evaluated, "and evaluates nothing");
}

#[test]
fn an_operator_that_fails_gives_way_to_the_operators_of_the_space() {
    let study = with_technique(
        ScriptedTechnique::default()
            .with_operators()
            .failing(|call, _| (call == "vary").then(|| FailureKind::BadOutput("nonsense".to_owned()))),
    );
    let (finished, events) = finished(&study);
    assert_eq!(finished.progress.trials, 30);
    let warnings = warnings(&events);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("failed in `vary`") && warnings[0].contains("operators of the space"));
}

#[test]
fn trials_say_which_operator_made_them_and_one_that_fails_makes_none() {
    let makers = |study: &Study| -> Vec<Option<String>> {
        let made = |trial: Trial| match trial.origin {
            Origin::Varied { operator, .. } => Some(operator),
            _ => None,
        };
        trials(study).into_iter().filter_map(made).collect()
    };
    let study = with_technique(ScriptedTechnique::default().with_named_operators());
    finished(&study);
    assert!(makers(&study).len() > 10 && makers(&study).iter().all(Option::is_some), "{:?}", makers(&study));
    let before = records(&study);
    finished(&study);
    assert_eq!(records(&study), before, "and they are told the same when it is run again");
    let fails = with_technique(
        ScriptedTechnique::default()
            .with_named_operators()
            .failing(|call, _| (call == "vary").then(|| FailureKind::Refused("nothing to do".to_owned()))),
    );
    let (_, events) = finished(&fails);
    assert!(makers(&fails).iter().all(Option::is_none), "{:?}", makers(&fails));
    assert_eq!(warnings(&events).len(), 1);
}

#[test]
fn an_operator_that_is_merely_too_slow_stops_the_study_where_it_can_be_resumed() {
    let slow = Arc::new(AtomicUsize::new(3));
    let calls = slow.clone();
    let technique = ScriptedTechnique::default().with_operators().failing(move |call, _| {
        let slow = call == "vary" && calls.fetch_sub(1, Ordering::Relaxed) == 1;
        slow.then_some(FailureKind::TooSlow { seconds: 10 })
    });
    let study = with_technique(technique);
    assert!(error(&study).contains("run the study again to continue"));
    finished(&study);
    let undisturbed = with_technique(ScriptedTechnique::default().with_operators());
    finished(&undisturbed);
    assert_eq!(records(&study), records(&undisturbed));
}

#[test]
fn a_broken_evaluator_ends_the_run_and_keeps_what_was_scored() {
    let study = with_evaluator(
        ScriptedEvaluator::default().broken(EvalFailure::Internal("the device is gone".to_owned())),
    );
    assert!(error(&study).contains("the device is gone"));
    // A batch runs from its last plan to its first: only the last one was scored, and it is cached.
    assert_eq!(study.evaluator.evaluated().values().sum::<usize>(), 1);
    let repaired = Study { evaluator: Arc::new(ScriptedEvaluator::default()), ..study };
    finished(&repaired);
    let undisturbed = Study::default();
    finished(&undisturbed);
    assert_eq!(records(&repaired), records(&undisturbed));
    let selection =
        repaired.evaluator.evaluated().keys().filter(|(split, _)| *split == Split::Selection).count();
    let all =
        undisturbed.evaluator.evaluated().keys().filter(|(split, _)| *split == Split::Selection).count();
    assert_eq!(selection, all - 1);
}

#[test]
fn an_evaluator_that_panics_or_miscounts_is_reported_and_does_not_hang() {
    let panics = with_evaluator(ScriptedEvaluator::default().edited(|_, _| panic!("out of luck")));
    assert!(error(&Study { workers: 3, ..panics }).contains("it panicked: out of luck"));
    let short = with_evaluator(ScriptedEvaluator::default().edited(|_, mut scores| {
        scores.metrics.iter_mut().for_each(|(_, score)| score.items.truncate(7));
        scores
    }));
    assert!(error(&short).contains("has 7 values and 8 weights for 8 items"));
    let silent = with_evaluator(ScriptedEvaluator::default().edited(|_, mut scores| {
        scores.metrics.remove("damage");
        scores
    }));
    assert!(error(&silent).contains("objective `damage` was not measured"));
}

#[test]
fn a_winner_that_fails_on_report_data_is_an_error_that_names_it() {
    let study = with_evaluator(ScriptedEvaluator::default().failing(|plan, request| {
        (request.split == Split::Report && !plan.edits().is_empty()).then(not_finite)
    }));
    assert!(error(&study).contains("is the best on the selection split and fails on `report`"));
}

#[test]
fn an_edit_that_nobody_knows_is_refused_before_anything_is_stored() {
    let refusal = || FailureKind::BadOutput("edit `fold-time` is not known".to_owned());
    let technique = ScriptedTechnique::default().failing(move |call, _| (call == "lower").then(refusal));
    let unknown = with_technique(technique);
    assert!(error(&unknown).contains("edit `fold-time` is not known"));
    assert_eq!((unknown.store.writes(), records(&unknown).len()), (0, 0));

    let edit = Edit::new("keep-experts").int("layer", 0).ints("experts", vec![0]);
    let technique = ScriptedTechnique::default().lowering_to(edit);
    let unsupported = with_technique(technique);
    let message = error(&unsupported);
    assert!(
        message.starts_with("no config of technique `scripted` can be evaluated; a random config"),
        "{message}"
    );
    assert!(message.contains("only `kv-bits` is scripted"), "{message}");
    assert_eq!(unsupported.store.writes(), 0);
}

#[test]
fn a_panic_anywhere_is_a_failed_study_that_can_be_continued() {
    for (call, during) in [("vary", "asking strategy `evolution`"), ("lower", "running the study")] {
        let left = Arc::new(AtomicUsize::new(9));
        let calls = Arc::clone(&left);
        let technique = ScriptedTechnique::default().with_operators().failing(move |now, _| {
            let hit = now == call && calls.load(Ordering::Relaxed) > 0;
            assert!(!hit || calls.fetch_sub(1, Ordering::Relaxed) > 1, "space index 12 of 7");
            None
        });
        let study = with_technique(technique);
        let message = error(&study);
        assert!(message.starts_with(&format!("{during} panicked: space index 12 of 7")), "{message}");
        let notes = study.store.notes_on(study.name).unwrap();
        let kept = |note: &RunNote| matches!(note, RunNote::Failed(reason) if *reason == message);
        assert!(notes.iter().any(kept), "{notes:?}");
        finished(&study);
        let undisturbed = with_technique(ScriptedTechnique::default().with_operators());
        finished(&undisturbed);
        assert_eq!(records(&study), records(&undisturbed), "{call}");
    }
}

#[test]
fn an_operator_that_burns_its_fuel_again_and_again_is_not_asked_any_more() {
    let calls = Arc::new(AtomicUsize::new(0));
    let study = || {
        let calls = Arc::clone(&calls);
        with_technique(ScriptedTechnique::default().with_operators().failing(move |call, _| {
            (call == "vary").then(|| {
                calls.fetch_add(1, Ordering::Relaxed);
                FailureKind::OutOfFuel { fuel: 1_000_000 }
            })
        }))
    };
    let undisturbed = study();
    let (_, events) = finished(&undisturbed);
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    let warnings = warnings(&events);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[1].contains("is not asked any more"), "{}", warnings[1]);

    // A run that continues gives up at the same call.
    let stopped = study();
    scripted_study::run(stopped.setup().unwrap(), |event, commands| {
        if matches!(event, Event::TrialFinished { trial, .. } if trial.id == 14) {
            commands.send(Command::StopNow).unwrap();
        }
    })
    .0
    .unwrap();
    finished(&stopped);
    assert_eq!(records(&stopped), records(&undisturbed));
}

#[test]
fn an_operator_whose_calls_add_up_is_not_asked_any_more() {
    // Nearly all that one call may take, and never more.
    let study =
        || with_technique(ScriptedTechnique::default().with_operators().burning("vary", 9_000_000_000));
    let undisturbed = study();
    let (_, events) = finished(&undisturbed);
    let used = undisturbed.technique.usage()["vary"];
    assert!((2..20).contains(&used.calls), "{used:?}");
    let warnings = warnings(&events);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("is not asked any more") && warnings[0].contains("8 calls"),
        "{}",
        warnings[0]
    );

    // A run that continues gives up at the same call.
    let stopped = study();
    scripted_study::run(stopped.setup().unwrap(), |event, commands| {
        if matches!(event, Event::TrialFinished { trial, .. } if trial.id == 14) {
            commands.send(Command::StopNow).unwrap();
        }
    })
    .0
    .unwrap();
    finished(&stopped);
    assert_eq!(records(&stopped), records(&undisturbed));
}

#[test]
fn calls_that_a_study_needs_and_that_add_up_end_the_run_with_a_word_and_where_it_can_go_on() {
    for call in ["lower", "cost"] {
        let study = with_technique(ScriptedTechnique::default().burning(call, 4_000_000_000));
        let (end, events) = scripted_study::run(study.setup().unwrap(), |_, _| {});
        let message = end.unwrap_err().to_string();
        assert!(
            message.contains(&format!("most of it 17 calls of `{call}` with 4.0 G instructions each"))
                && message.contains("run the study again to continue"),
            "{message}"
        );
        let warnings = warnings(&events);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("is slow"), "{}", warnings[0]);
        // Each run gets further, and what comes out is the study of a technique that is merely slow.
        while scripted_study::run(study.setup().unwrap(), |_, _| {}).0.is_err() {}
        let undisturbed = Study::default();
        finished(&undisturbed);
        assert_eq!(records(&study), records(&undisturbed), "{call}");
    }
}

#[test]
fn a_call_that_is_too_slow_for_the_clock_is_no_result() {
    for call in ["lower", "cost"] {
        let slow = Arc::new(AtomicUsize::new(12));
        let calls = slow.clone();
        let study = with_technique(ScriptedTechnique::default().failing(move |now, _| {
            let slow = now == call && calls.fetch_sub(1, Ordering::Relaxed) == 1;
            slow.then_some(FailureKind::TooSlow { seconds: 10 })
        }));
        assert!(error(&study).contains("run the study again to continue"));
        finished(&study);
        let undisturbed = Study::default();
        finished(&undisturbed);
        assert_eq!(records(&study), records(&undisturbed), "{call}");
    }
}

#[test]
fn a_stop_ends_a_loop_of_draws_that_finds_nothing_new() {
    // Every child was proposed before: without a stop this draws a thousand million times.
    for screen in [1, 1 << 16] {
        let sender: Arc<Mutex<Option<Sender<Command>>>> = Arc::default();
        let (calls, to) = (AtomicUsize::new(0), Arc::clone(&sender));
        let technique = ScriptedTechnique::default().barren().failing(move |call, _| {
            if call == "vary" && calls.fetch_add(1, Ordering::Relaxed) == 50 {
                to.lock().unwrap().as_ref().unwrap().send(Command::StopNow).unwrap();
            }
            None
        });
        let mut study = with_technique(technique);
        study.strategy.options.insert("redraws".to_owned(), OptionValue::Int(1 << 30));
        study.strategy.options.insert("screen".to_owned(), OptionValue::Int(screen));
        let (end, _) = scripted_study::run(study.setup().unwrap(), |_, commands| {
            sender.lock().unwrap().get_or_insert_with(|| commands.clone());
        });
        assert!(matches!(end.unwrap(), SessionEnd::Interrupted));
    }
}

#[test]
fn a_stop_comes_between_two_slow_calls() {
    let lowered = Arc::new(AtomicUsize::new(0));
    let calls = Arc::clone(&lowered);
    let sender: Arc<Mutex<Option<Sender<Command>>>> = Arc::default();
    let to = Arc::clone(&sender);
    let technique = ScriptedTechnique::default().failing(move |call, _| {
        if call == "lower" {
            calls.fetch_add(1, Ordering::Relaxed);
            if let Some(to) = to.lock().unwrap().as_ref() {
                to.send(Command::StopNow).unwrap();
            }
        }
        None
    });
    let mut study = with_technique(technique);
    study.strategy.options.insert("initial".to_owned(), OptionValue::Int(5000));
    let (end, _) = scripted_study::run(study.setup().unwrap(), |event, commands| {
        if matches!(event, Event::Measuring { .. }) {
            lowered.store(0, Ordering::Relaxed);
            *sender.lock().unwrap() = Some(commands.clone());
        }
    });
    assert!(matches!(end.unwrap(), SessionEnd::Interrupted));
    assert_eq!(lowered.load(Ordering::Relaxed), 1, "of a generation of thirty");
}

#[test]
fn more_trials_than_are_asked_for_are_no_more_than_all() {
    let study = Study::default();
    finished(&study);
    let fewer = Study { trials: 3, ..study };
    let (end, events) = finished(&fewer);
    assert!(end.progress.budget >= end.progress.trials, "{:?}", end.progress);
    assert!(matches!(&events[0], Event::Started { resumed: 30, budget: 30, .. }));
}
