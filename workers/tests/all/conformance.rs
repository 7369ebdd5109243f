//! The suite for evaluators, through the pipes.

use attune_testkit::evaluator::check;

use crate::support::{bits, evaluator, request, scores};

#[test]
fn a_worker_keeps_what_evaluators_promise() {
    check(&*evaluator(&["--item-ms", "1"]));
}

#[test]
fn and_so_does_one_that_works_on_several_requests_at_once() {
    let evaluator = evaluator(&["--item-ms", "1", "--concurrency", "3"]);
    assert_eq!(evaluator.info().concurrency, 3);
    check(&*evaluator);
    let alone: Vec<_> =
        (0..6).map(|layer| scores(&*evaluator, &[bits(layer, 2)], &request(4)).remove(0)).collect();
    std::thread::scope(|scope| {
        let asked = (0..6).map(|layer| {
            (
                layer,
                scope.spawn({
                    let evaluator = &evaluator;
                    move || scores(&**evaluator, &[bits(layer as i64, 2)], &request(4)).remove(0)
                }),
            )
        });
        for (layer, asked) in asked.collect::<Vec<_>>() {
            assert_eq!(asked.join().unwrap(), alone[layer]);
        }
    });
}
