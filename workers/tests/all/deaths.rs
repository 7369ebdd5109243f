//! Workers that die, and what becomes of the plans.

use attune_core::evaluator::EvalFailure;
use attune_workers::Limits;
use tempfile::TempDir;

use crate::support::{ask, bits, eight, evaluator, evaluator_within, failure, limits, request, scores};

#[test]
fn one_plan_of_eight_is_deadly_and_the_seven_others_have_their_scores() {
    let whole = scores(&*evaluator(&[]), &eight(), &request(3));
    for deadly in [0_i64, 3, 5] {
        let notes = TempDir::new().unwrap();
        let (with, folder) = (format!("{deadly}:2"), notes.path().to_str().unwrap());
        let evaluator = evaluator(&["--fault", "dies-on", "--with", &with, "--notes", folder]);
        let request = request(3);
        let (outcomes, ended) = ask(&*evaluator, &eight(), &request);
        assert_eq!(ended, Ok(()));
        for (index, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Some(Ok(evaluation)) => assert_eq!(*evaluation, whole[index]),
                Some(Err(EvalFailure::Internal(message))) => {
                    assert_eq!(index as i64, deadly);
                    assert!(message.contains("died twice on this plan"), "{message}");
                    assert!(message.ends_with(&format!("illegal memory access in {deadly}:2")), "{message}");
                }
                other => panic!("{index}: {other:?}"),
            }
        }
        assert_eq!(request.progress.evaluations(), 8.0 * 3.0);
        let lives = std::fs::read_to_string(notes.path().join("lives")).unwrap();
        assert!(lives.lines().count() <= 6, "halves find it: {} lives", lives.lines().count());
    }
}

#[test]
fn an_accident_costs_no_plan() {
    let notes = TempDir::new().unwrap();
    let folder = notes.path().to_str().unwrap();
    // One plan only, and then many.
    for plans in [1, 8] {
        let args = ["--fault", "dies-once", "--lives", "1", "--notes", folder];
        let found = scores(&*evaluator(&args), &eight()[..plans], &request(2));
        assert_eq!(found, scores(&*evaluator(&[]), &eight()[..plans], &request(2)));
        std::fs::remove_file(notes.path().join("lives")).unwrap();
    }
}

#[test]
fn plans_of_other_requests_are_not_blamed() {
    let args = ["--fault", "dies-on", "--with", "3:2", "--concurrency", "4", "--item-ms", "2"];
    let evaluator = evaluator(&args);
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..6)
            .map(|layer| {
                let evaluator = &evaluator;
                scope.spawn(move || ask(&**evaluator, &[bits(layer, 2)], &request(4)))
            })
            .collect();
        for (layer, asked) in asked.into_iter().enumerate() {
            let (outcomes, ended) = asked.join().unwrap();
            assert_eq!(ended, Ok(()));
            assert_eq!(outcomes[0].as_ref().unwrap().is_err(), layer == 3, "{layer}: {outcomes:?}");
        }
    });
}

#[test]
fn one_that_dies_of_every_plan_is_given_up() {
    let evaluator = evaluator_within(&["--fault", "half-line"], Limits { fatal_plans: 3, ..limits() });
    let (outcomes, ended) = ask(&*evaluator, &eight(), &request(1));
    let message = ended.unwrap_err().to_string();
    assert!(message.contains("died twice on each of 3 plans in a row"), "{message}");
    assert_eq!(outcomes.iter().flatten().count(), 3);
}

#[test]
fn one_that_comes_back_as_another_is_refused() {
    for (with, what) in [
        ("numerics", "its numerics was scripted 1: exact and is scripted 1: rounded"),
        ("subject", "its subject was eeeeeeeeeeee and is ffffffffffff"),
    ] {
        let notes = TempDir::new().unwrap();
        let folder = notes.path().to_str().unwrap();
        let evaluator = evaluator(&["--fault", "changes", "--with", with, "--notes", folder]);
        let pid = std::fs::read_to_string(notes.path().join("pid")).unwrap();
        kill(&pid);
        let (_, ended) = ask(&*evaluator, &eight(), &request(2));
        let message = ended.unwrap_err().to_string();
        assert!(message.contains(what) && message.contains("cannot be mixed"), "{message}");
        assert!(failure(&*evaluator).to_string().contains(what), "it stays refused");
    }
}

#[test]
fn a_check_that_is_deadly_says_so_and_scores_are_kept_apart() {
    let evaluator = evaluator(&["--fault", "dies-on-check"]);
    let failed = evaluator.check(&bits(0, 2)).unwrap_err().to_string();
    assert!(
        failed.contains("died twice while checking a plan") && failed.ends_with("no plan is safe"),
        "{failed}"
    );
    // What it is calibrated on cannot be told: no results of something else may be found under it.
    assert_ne!(evaluator.calibration(&bits(0, 2)), evaluator.calibration(&bits(0, 2)));
}

/// Ends a process, as a machine without memory does.
pub(crate) fn kill(pid: &str) {
    use rustix::process::{Pid, Signal, kill_process};
    let _ = kill_process(Pid::from_raw(pid.trim().parse().unwrap()).unwrap(), Signal::KILL);
}

#[test]
fn outputs_that_a_death_cut_short_are_asked_for_again_as_a_whole() {
    let notes = TempDir::new().unwrap();
    let args = ["--fault", "dies-once", "--lives", "1", "--notes", notes.path().to_str().unwrap()];
    let outputs = |args: &[&str]| evaluator(args).outputs(&bits(0, 2), &request(3), 4).unwrap().unwrap();
    let found = outputs(&args);
    assert_eq!(found.iter().map(|one| one.item).collect::<Vec<u32>>(), [0, 1, 2]);
    assert_eq!(found, outputs(&[]));
    assert_eq!(std::fs::read_to_string(notes.path().join("lives")).unwrap().lines().count(), 2);
}

#[test]
fn one_that_hands_out_no_outputs_is_not_asked_for_any() {
    let evaluator = evaluator(&["--fault", "no-outputs"]);
    assert_eq!(evaluator.outputs(&bits(0, 2), &request(2), 4), Ok(None));
    assert_eq!(scores(&*evaluator, &[bits(0, 2)], &request(2)).len(), 1);
}
