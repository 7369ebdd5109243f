//! Error feedback against the paper's own formulas (`tests/golden/gptq.py`).

use super::*;
use crate::{NumberGrid, WholeGrid, nearest};

fn recorded() -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let path = format!("{}/../tests/golden/gptq.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let of_floats = |data: &[u8]| {
        data.chunks_exact(4).map(|one| f32::from_le_bytes(one.try_into().unwrap())).collect::<Vec<f32>>()
    };
    let all = tensors.iter().filter(|(_, view)| view.dtype() == safetensors::Dtype::F32);
    all.map(|(name, view)| (name.to_owned(), view.shape().to_vec(), of_floats(view.data()))).collect()
}

fn named<'a>(all: &'a [(String, Vec<usize>, Vec<f32>)], name: &str) -> (&'a [usize], &'a [f32]) {
    let (_, shape, values) = all.iter().find(|(known, ..)| known == name).unwrap();
    (shape, values)
}

fn factor(rows: &[f32], inputs: usize) -> Factor {
    let mut moments = Moments::new(inputs);
    moments.add(rows);
    Factor::of(moments)
}

fn given_back(weights: &[f32], grid: WholeGrid, bits: u32, group: usize, factor: &Factor) -> Vec<f32> {
    let codes = codes(weights, grid, bits, group, factor);
    let mut back = weights.to_vec();
    dequantise(&mut back, grid, bits, group, &codes);
    back
}

/// `Σ ((w − w')·x)²` over rows `x`.
fn error(weights: &[f32], back: &[f32], rows: &[f32], inputs: usize) -> f64 {
    let of = |(weights, back): (&[f32], &[f32])| -> f64 {
        let apart = |x: &[f32]| -> f64 {
            x.iter().zip(weights.iter().zip(back)).map(|(x, (w, b))| f64::from(*x) * f64::from(w - b)).sum()
        };
        rows.chunks_exact(inputs).map(|x| apart(x).powi(2)).sum()
    };
    weights.chunks_exact(inputs).zip(back.chunks_exact(inputs)).map(of).sum()
}

const GRIDS: [(&str, WholeGrid, Option<NumberGrid>); 3] = [
    ("least", WholeGrid::FromLeast, None),
    ("affine-int", WholeGrid::AffineInt, Some(NumberGrid::AffineInt)),
    ("symmetric", WholeGrid::Symmetric, Some(NumberGrid::Symmetric)),
];

#[test]
fn weights_are_those_of_the_papers_formulas() {
    let all = recorded();
    let (shape, weights) = named(&all, "input");
    let (inputs, rows) = (shape[1], named(&all, "rows").1);
    let mut compared = 0;
    for (prefix, factor) in [("", factor(rows, inputs)), ("few.", factor(&rows[..8 * inputs], inputs))] {
        for (name, grid, plain) in GRIDS {
            for bits in [2, 3, 4, 8] {
                for group in [16, 96] {
                    let key = format!("{prefix}{name}.bits{bits}.group{group}");
                    let found = given_back(weights, grid, bits, group, &factor);
                    let expected = named(&all, &key).1;
                    let other = found.iter().zip(expected).filter(|(a, b)| a != b).count();
                    assert_eq!(other, 0, "{key}: weights differ");
                    let mut near = weights.to_vec();
                    match plain {
                        Some(plain) => nearest::matrix(&mut near, inputs, plain, bits, group),
                        None => near = given_back(weights, grid, bits, group, &self::factor(&[], inputs)),
                    }
                    assert_ne!(found, near, "{key} feeds nothing back");
                    if prefix.is_empty() {
                        let (with, without) =
                            (error(weights, &found, rows, inputs), error(weights, &near, rows, inputs));
                        assert!(with < without, "{key}: {with} with feedback, {without} without");
                    }
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 48);
}

#[test]
fn inputs_that_do_not_go_together_or_are_unknown_leave_the_nearest_codes() {
    let all = recorded();
    let (shape, weights) = named(&all, "input");
    let inputs = shape[1];
    let mut alone = vec![0.0; inputs * inputs];
    (0..inputs).for_each(|i| alone[i * inputs + i] = 1.0 + i as f32);
    for rows in [&alone[..], &[]] {
        for (_, grid, plain) in GRIDS.into_iter().filter(|(.., plain)| plain.is_some()) {
            let mut near = weights.to_vec();
            nearest::matrix(&mut near, inputs, plain.unwrap(), 3, 16);
            assert_eq!(given_back(weights, grid, 3, 16, &factor(rows, inputs)), near);
        }
    }
}

#[test]
fn moments_do_not_depend_on_how_rows_are_handed_over() {
    let all = recorded();
    let (shape, rows) = named(&all, "rows");
    let mut parts = Moments::new(shape[1]);
    rows.chunks(3 * shape[1]).for_each(|part| parts.add(part));
    let mut whole = Moments::new(shape[1]);
    whole.add(rows);
    assert_eq!(parts.sums, whole.sums);
}

#[test]
fn a_factor_of_many_columns_is_that_of_its_product() {
    // Two and a half blocks of columns.
    let inputs = 160;
    let rows: Vec<f32> = (0..300 * inputs).map(|place| (place as f32 * 0.37).sin() + 0.1).collect();
    let mut moments = Moments::new(inputs);
    moments.add(&rows);
    let sums = moments.sums.clone();
    let mean = (0..inputs).map(|i| sums[i * inputs + i]).sum::<f64>() / inputs as f64;
    let mut factor = sums.clone();
    (0..inputs).for_each(|i| factor[i * inputs + i] += 0.01 * mean);
    factor::factor(&mut factor, inputs);
    for i in 0..inputs {
        for j in i..inputs {
            let product: f64 = (j..inputs).map(|k| factor[i * inputs + k] * factor[j * inputs + k]).sum();
            let expected = sums[i * inputs + j] + if i == j { 0.01 * mean } else { 0.0 };
            assert!((product - expected).abs() <= 1e-9 * mean, "{i}, {j}: {product}, {expected}");
        }
    }
}
