//! Workers that start badly, hang, flood or go on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use attune_core::evaluator::{EvalFailure, Request};
use attune_core::signal::SignalRequest;
use attune_workers::{Limits, WorkerFactory};
use tempfile::TempDir;

use crate::support::{
    ask, bits, command, eight, evaluator, evaluator_within, failure, limits, load, request, scores, soon,
    start,
};

#[test]
fn one_that_dies_at_its_start_is_quoted() {
    let failed = start(&["--fault", "die-at-start"]).err().unwrap().to_string();
    assert!(failed.contains("ended while it was asked to say who it is: it exited with code 3"), "{failed}");
    assert!(failed.ends_with("the last lines of its standard error: there is no device here"), "{failed}");
}

#[test]
fn one_that_never_says_hello_is_ended() {
    let limits = Limits { hello: Duration::from_millis(150), ..limits() };
    let failed = WorkerFactory::start(command(&["--fault", "mute"]), limits).err().unwrap().to_string();
    assert!(failed.contains("it did not answer `hello` within 150ms"), "{failed}");
}

#[test]
fn one_of_another_protocol_is_refused() {
    let failed = start(&["--fault", "protocol"]).err().unwrap().to_string();
    assert!(failed.contains("it speaks `attune-evaluator/2`, expected `attune-evaluator/1`"), "{failed}");
}

#[test]
fn one_that_dies_while_it_opens_is_quoted() {
    let failed = load(&start(&["--fault", "dies-at-open"]).unwrap()).err().unwrap().to_string();
    assert!(failed.contains("asked to open the subject and the task: it exited with code 1"), "{failed}");
    assert!(failed.ends_with("the folder is empty"), "{failed}");
}

#[test]
fn one_that_hangs_is_ended_and_its_plan_fails_by_itself() {
    let evaluator = evaluator(&["--fault", "hangs", "--idle", "1.5"]);
    let failed = failure(&*evaluator).to_string();
    assert!(failed.contains("nothing was heard of it for 1.5s, not even a heartbeat"), "{failed}");
    assert!(failed.ends_with("waiting for a lock"), "{failed}");
}

#[test]
fn one_that_does_not_stop_is_ended_and_works_again_later() {
    let notes = TempDir::new().unwrap();
    let limits = Limits { cancel: Duration::from_millis(100), ..limits() };
    let args = ["--fault", "deaf", "--lives", "1", "--notes", notes.path().to_str().unwrap()];
    let evaluator = evaluator_within(&args, limits);
    let request = request(2);
    let ended = std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(&*evaluator, &eight(), &request).1);
        std::thread::sleep(Duration::from_millis(50));
        request.stop.ask();
        asked.join().unwrap()
    });
    assert_eq!(ended, Err(EvalFailure::Interrupted));
    assert_eq!(scores(&*evaluator, &eight(), &Request::new(request.split, vec![0])).len(), 8);
}

#[test]
fn whoever_listens_no_more_is_not_told_what_comes_after_a_cancel() {
    let evaluator = evaluator(&["--fault", "after-cancel", "--item-ms", "20"]);
    let request = request(16);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(&*evaluator, &eight(), &request).1);
        soon("it works", || request.progress.evaluations() > 0.0);
        request.stop.ask();
        assert_eq!(asked.join().unwrap(), Err(EvalFailure::Interrupted));
    });
    // Late lines are no fault: the same process is asked again.
    assert_eq!(scores(&*evaluator, &[bits(0, 2)], &crate::support::request(1)).len(), 1);
}

#[test]
fn what_it_writes_for_people_never_stops_it() {
    assert_eq!(scores(&*evaluator(&["--fault", "floods"]), &eight(), &request(2)).len(), 8);
}

#[test]
fn a_line_may_be_long_and_not_endless() {
    let failed = failure(&*evaluator(&["--fault", "huge-line"])).to_string();
    assert!(failed.contains("a line has more than 67108864 bytes"), "{failed}");
    assert!(failed.len() < 2_000, "{}", failed.len());
}

#[test]
fn a_line_without_an_end_is_a_death_and_not_a_lie() {
    let failed = failure(&*evaluator(&["--fault", "half-line"])).to_string();
    assert!(
        failed
            .contains("it exited with code 1; the last lines of its standard error: in the middle of a line"),
        "{failed}"
    );
}

#[test]
fn one_that_closes_its_output_and_goes_on_is_ended() {
    let hello = r#"{"id":1,"result":{"protocol":"attune-evaluator/1","name":"sh","version":"1","edits":[],
        "tasks":[{"name":"formula","metrics":[{"name":"kl","direction":"minimise"}]}]}}"#;
    let script = format!("read line; echo '{}'; exec >&-; sleep 1000", hello.replace('\n', ""));
    let command = attune_workers::WorkerCommand::new("sh").arg("-c").arg(script);
    let factory = WorkerFactory::start(command, limits()).unwrap();
    let failed = load(&factory).err().unwrap().to_string();
    assert!(failed.contains("it closed its standard output and went on, and was ended"), "{failed}");
}

#[test]
fn a_check_that_never_ends_is_ended_and_the_next_one_is_answered() {
    let notes = TempDir::new().unwrap();
    let limits = Limits { hello: Duration::from_secs(4), cancel: Duration::from_millis(100), ..limits() };
    let args = ["--fault", "hangs-on-check", "--lives", "1", "--notes", notes.path().to_str().unwrap()];
    let evaluator = evaluator_within(&args, limits);
    let failed = evaluator.check(&bits(0, 2)).unwrap_err();
    assert!(!failed.is_deterministic(), "it says nothing of the plan: {failed}");
    let failed = failed.to_string();
    assert!(failed.contains("it went on for 100ms with a request that was called off"), "{failed}");
    assert_eq!(evaluator.check(&bits(0, 2)), Ok(()));
    let lives = std::fs::read_to_string(notes.path().join("lives")).unwrap();
    assert_eq!(lives.lines().count(), 2, "the one that hung is no more");
}

#[test]
fn a_request_that_fails_as_a_whole_is_asked_in_halves_and_costs_the_one_plan() {
    let whole = scores(&*evaluator(&[]), &eight(), &request(3));
    for bad in [0_usize, 3, 5] {
        let notes = TempDir::new().unwrap();
        let (with, folder) = (format!("{bad}:2"), notes.path().to_str().unwrap());
        let evaluator = evaluator(&["--fault", "fails-on", "--with", &with, "--notes", folder]);
        let request = request(3);
        let (outcomes, ended) = ask(&*evaluator, &eight(), &request);
        assert_eq!(ended, Ok(()));
        for (index, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Some(Ok(evaluation)) => assert_eq!(*evaluation, whole[index]),
                Some(Err(EvalFailure::OutOfMemory { detail, .. })) => {
                    assert_eq!((index, detail.as_str()), (bad, "no room for the batch"));
                }
                other => panic!("{index}: {other:?}"),
            }
        }
        assert_eq!(request.progress.evaluations(), 8.0 * 3.0);
        let lives = std::fs::read_to_string(notes.path().join("lives")).unwrap();
        assert_eq!(lives.lines().count(), 1, "it lives on: nothing was wrong with it");
    }
}

#[test]
fn a_deadline_is_kept_by_the_host_where_the_worker_does_not() {
    let limits =
        Limits { deadline_slack: Duration::from_millis(50), cancel: Duration::from_millis(50), ..limits() };
    let evaluator = evaluator_within(&["--fault", "deaf"], limits);
    let deadline = Duration::from_millis(1);
    let (outcomes, ended) = ask(&*evaluator, &eight(), &Request { deadline: Some(deadline), ..request(2) });
    assert_eq!(ended, Ok(()));
    assert!(
        outcomes.iter().all(|outcome| *outcome == Some(Err(EvalFailure::Deadline(deadline)))),
        "{outcomes:?}"
    );
}

#[test]
fn a_score_that_is_not_finite_is_a_failure_of_the_plan() {
    let evaluator = evaluator(&["--fault", "not-finite", "--with", "3:2"]);
    let (outcomes, ended) = ask(&*evaluator, &eight(), &request(2));
    assert_eq!(ended, Ok(()));
    let expected = EvalFailure::NotFinite { metric: "kl".to_owned(), item: 1, value: f64::NEG_INFINITY };
    assert_eq!(outcomes[3], Some(Err(expected)));
    assert_eq!(outcomes.iter().flatten().filter(|outcome| outcome.is_ok()).count(), 7);
}

#[test]
fn a_pause_reaches_it_and_the_time_does_not_count() {
    let evaluator = evaluator(&["--item-ms", "20"]);
    let told = AtomicUsize::new(0);
    let request = Request { deadline: Some(Duration::from_secs(20)), ..request(16) };
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            evaluator.evaluate(&eight(), &request, &mut |_, outcome| {
                assert!(outcome.is_ok(), "{outcome:?}");
                told.fetch_add(1, Ordering::SeqCst);
                std::ops::ControlFlow::Continue(())
            })
        });
        soon("it works", || request.progress.evaluations() > 0.0);
        let held = Instant::now();
        request.stop.hold();
        // The item that runs is finished, and what was said before is heard.
        soon("it waits", || {
            let then = request.progress.evaluations();
            std::thread::sleep(Duration::from_millis(300));
            request.progress.evaluations() == then
        });
        assert!(request.progress.evaluations() < 100.0, "it waits before it has done everything");
        request.stop.release(held.elapsed());
        assert_eq!(asked.join().unwrap(), Ok(()));
    });
    assert_eq!(told.into_inner(), 8);
    assert_eq!(request.progress.evaluations(), 8.0 * 16.0);
}

#[test]
fn signals_are_measured_and_called_off() {
    let evaluator = evaluator(&["--item-ms", "3"]);
    let measured = evaluator.signal(&SignalRequest::new("sensitivity"), &request(2)).unwrap();
    assert_eq!((measured.signal.values[4], measured.work.computed), (9.0, 6));
    let request = request(16);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| evaluator.signal(&SignalRequest::new("sensitivity"), &request));
        soon("it works", || request.progress.evaluations() > 0.0);
        request.stop.ask();
        assert_eq!(asked.join().unwrap().unwrap_err(), EvalFailure::Interrupted);
    });
}
