//! A worker that is killed at random moments, fifty times.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use attune_core::evaluator::Evaluation;
use attune_core::plan::Plan;
use attune_workers::Limits;
use tempfile::TempDir;

use crate::killer::kill_at_random;
use crate::support::{bits, evaluator, evaluator_within, limits, request, scores};

const KILLS: usize = 50;

/// The batches of something like a study: of one plan, of many, and of the same again.
fn batches() -> Vec<Vec<Plan>> {
    (0..24)
        .map(|round| {
            (0..1 + round % 9)
                .map(|number| bits((round + number) % 6, [2, 4, 8][(number % 3) as usize]))
                .collect()
        })
        .collect()
}

fn scored(
    of: &[Vec<Plan>],
    by: &dyn attune_core::evaluator::Evaluator,
    told: &AtomicUsize,
) -> Vec<Vec<Evaluation>> {
    let each = |plans: &Vec<Plan>| {
        let scores = scores(by, plans, &request(6));
        told.fetch_add(plans.len(), Ordering::SeqCst);
        scores
    };
    of.iter().map(each).collect()
}

#[test]
fn killed_fifty_times_it_scores_the_same() {
    let batches = batches();
    let expected = scored(&batches, &*evaluator(&[]), &AtomicUsize::new(0));
    let notes = TempDir::new().unwrap();
    // A plan that is killed with twice in a row counts as deadly, as it should: none is here, however often that happens by chance.
    let limits = Limits { starts: 1000, fatal_plans: 1000, ..limits() };
    let evaluator = evaluator_within(&["--item-ms", "1", "--notes", notes.path().to_str().unwrap()], limits);
    let (told, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let killer = scope.spawn(|| kill_at_random(KILLS, 0, notes.path(), &told, &over));
        let mut rounds = 0;
        while !killer.is_finished() {
            assert_eq!(scored(&batches, &*evaluator, &told), expected, "round {rounds}");
            rounds += 1;
        }
        over.store(true, Ordering::SeqCst);
        assert_eq!(killer.join().unwrap(), KILLS);
    });
}
