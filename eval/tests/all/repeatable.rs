//! What repeatable scores rest on: a row of a product depends neither on the rows beside it nor on threads.

use std::ops::ControlFlow;

use attune_core::evaluator::{Evaluation, Evaluator, Fidelity, Request, Split};
use attune_core::scores::Scores;
use burn_tensor::{Device, Tensor, TensorData};

use crate::contract::{Fixture, some_plans};

fn matrix(rows: usize, columns: usize, salt: usize) -> Tensor<2> {
    let values: Vec<f32> =
        (0..rows * columns).map(|at| ((at * 7919 + salt * 31) % 2003) as f32 / 1001.0 - 1.0).collect();
    Tensor::from_data(TensorData::new(values, [rows, columns]), &Device::flex())
}

fn bits(tensor: Tensor<2>) -> Vec<u32> {
    tensor.into_data().iter::<f32>().map(f32::to_bits).collect()
}

fn with_threads<R: Send>(threads: usize, body: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(body)
}

#[test]
fn rows_of_a_product_are_independent() {
    for (inner, columns) in [(32, 24), (128, 384), (576, 960), (1536, 576)] {
        let (left, right) = (matrix(512, inner, 1), matrix(inner, columns, 2));
        let whole = with_threads(1, || bits(left.clone().matmul(right.clone())));
        for threads in [2, 3] {
            let found = with_threads(threads, || bits(left.clone().matmul(right.clone())));
            assert!(found == whole, "{inner}×{columns} with {threads} threads");
        }
        for rows in [2, 3, 5, 8, 17, 64, 191, 384] {
            let part = bits(left.clone().narrow(0, 0, rows).matmul(right.clone()));
            assert!(part == whole[..rows * columns], "{rows} rows of {inner}×{columns}");
        }
    }
}

#[test]
fn scores_do_not_depend_on_threads() {
    let fixture = Fixture::new();
    let scores = |threads| -> Vec<Scores> {
        let evaluator = fixture.open();
        let request = Request::new(Split::Selection, Fidelity { items: 37 }.all());
        let mut found = Vec::new();
        with_threads(threads, || {
            let mut sink = |_, outcome: Result<Evaluation, _>| {
                found.push(outcome.unwrap().scores);
                ControlFlow::Continue(())
            };
            evaluator.evaluate(&some_plans(), &request, &mut sink).unwrap();
        });
        found
    };
    let alone = scores(1);
    for threads in [2, 5, 16] {
        assert_eq!(scores(threads), alone, "{threads} threads");
    }
}
