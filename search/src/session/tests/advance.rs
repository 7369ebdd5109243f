//! How far a study is can be seen while a batch runs, and what is seen changes nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use attune_core::evaluator::{EvalFailure, Request, Split};
use attune_core::event::{Advance, Command, Phase};

use super::*;
use attune_testkit::scripted::ScriptedEvaluator;

/// Longer than any of these tests waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something that another thread does.
fn wait(for_it: &AtomicBool) {
    let begun = Instant::now();
    while !for_it.load(Ordering::Relaxed) {
        assert!(begun.elapsed() < PATIENCE, "it never came");
        thread::yield_now();
    }
}

fn of(events: &[Event], phase: Phase) -> Vec<Advance> {
    let advance = |event: &Event| match event {
        Event::Advanced(advance) if advance.phase == phase => Some(*advance),
        _ => None,
    };
    events.iter().filter_map(advance).collect()
}

/// A study whose evaluator stands still whenever `at` says so until its progress has been heard of.
fn watched(
    study: Study,
    at: impl Fn(usize, &Request) -> bool + Send + Sync + 'static,
) -> (Study, Vec<Event>, Result<SessionEnd, SessionError>) {
    let (asked, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let hook = {
        let (asked, heard) = (Arc::clone(&asked), Arc::clone(&heard));
        move |request: &Request| {
            if at(asked.fetch_add(1, Ordering::Relaxed) + 1, request) {
                heard.store(false, Ordering::Relaxed);
                wait(&heard);
            }
        }
    };
    let study = Study { evaluator: Arc::new(ScriptedEvaluator::default().meanwhile(hook)), ..study };
    let (end, events) = scripted_study::run(study.setup().unwrap(), |event, _| {
        if matches!(event, Event::Advanced(_)) {
            heard.store(true, Ordering::Relaxed);
        }
    });
    (study, events, end)
}

#[test]
fn the_search_advances_while_its_first_batch_runs() {
    // The first generation has 6 trials on 8 items; the signal of the baselines comes before it.
    let (study, events, end) = watched(Study::default(), |times, _| times == 8 + 20 || times == 8 + 40);
    assert!(matches!(end, Ok(SessionEnd::Finished(_))));
    let first = events.iter().position(|event| matches!(event, Event::TrialFinished { .. })).unwrap();
    let before: Vec<(u64, u64)> =
        of(&events[..first], Phase::Search).iter().map(|known| (known.done, known.evaluated)).collect();
    assert!(before.contains(&(20, 20)) && before.contains(&(40, 40)), "{before:?}");
    let all = of(&events, Phase::Search);
    assert!(all.windows(2).all(|pair| pair[0].done <= pair[1].done), "{all:?}");
    assert_eq!(all.last().map(|last| (last.done, last.total)), Some((240, 240)));
    let undisturbed = Study::default();
    finished(&undisturbed);
    assert_eq!(records(&study), records(&undisturbed), "looking changes nothing");
}

#[test]
fn report_and_signals_advance_while_they_run() {
    let (study, events, _) = watched(Study::default(), |times, request| {
        times == 5 || request.split == Split::Report && times % 64 == 0
    });
    let measuring = of(&events, Phase::Measuring);
    let items = u64::from(study.items);
    assert_eq!(
        measuring.first(),
        Some(&Advance { phase: Phase::Measuring, done: 0, total: items, evaluated: 0 })
    );
    assert!(measuring.iter().any(|known| (1..items).contains(&known.done)), "{measuring:?}");
    assert!(measuring.iter().all(|known| known.evaluated == 0), "a signal is no pace: {measuring:?}");
    assert_eq!(measuring.last().map(|last| last.done), Some(items));
    let report = of(&events, Phase::Report);
    assert!(report.windows(2).all(|pair| pair[0].done <= pair[1].done), "{report:?}");
    assert!(report.last().is_some_and(|last| last.done == last.total), "{report:?}");
    // At the end of a plan it is said which; what comes without that is of a plan that runs.
    let running = events.windows(2).filter(|pair| {
        let of_report = |event: &Event| {
            matches!(event, Event::Advanced(Advance { phase: Phase::Report, evaluated, .. }) if *evaluated > 0)
        };
        of_report(&pair[1]) && !matches!(pair[0], Event::Reporting { .. })
    });
    assert!(running.count() > 0, "{report:?}");
}

#[test]
fn trials_that_fail_do_not_turn_time_back() {
    let evaluator = ScriptedEvaluator::default().failing(|plan, request| {
        let odd = plan.hash().short().bytes().map(u32::from).sum::<u32>() % 3 == 0;
        (odd && request.split == Split::Selection).then(|| EvalFailure::BadRequest("odd".to_owned()))
    });
    let study = Study { evaluator: Arc::new(evaluator), workers: 2, ..Study::default() };
    let (end, events) = finished(&study);
    assert!(end.progress.failed > 2);
    let all = of(&events, Phase::Search);
    assert!(all.windows(2).all(|pair| pair[0].done <= pair[1].done), "{all:?}");
    assert_eq!(all.last().map(|last| (last.done, last.total)), Some((240, 240)));
}

#[test]
fn a_signal_can_be_interrupted() {
    let measuring = Arc::new(AtomicBool::new(false));
    let hook = {
        let measuring = Arc::clone(&measuring);
        move |request: &Request| {
            measuring.store(true, Ordering::Relaxed);
            let begun = Instant::now();
            while !request.stop.is_asked() {
                assert!(begun.elapsed() < PATIENCE, "the stop never came");
                thread::yield_now();
            }
        }
    };
    let study =
        Study { evaluator: Arc::new(ScriptedEvaluator::default().meanwhile(hook)), ..Study::default() };
    let (end, _) = scripted_study::run(study.setup().unwrap(), |event, commands| {
        if matches!(event, Event::Measuring { .. }) {
            commands.send(Command::StopNow).unwrap();
        }
    });
    assert!(matches!(end, Ok(SessionEnd::Interrupted)), "{end:?}");
    assert!(trials(&study).is_empty());
}
