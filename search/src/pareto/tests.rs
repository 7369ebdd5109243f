//! Against definitions and closed forms.

use std::f64::consts::PI;

use attune_core::objective::{compare, dominates};
use attune_core::rng::derive;
use rand::RngExt as _;

use super::*;

fn random_points(seed: u64, count: usize, dimension: usize, whole: bool) -> Vec<f64> {
    let mut random = derive(seed, "points", &[]);
    let mut draw = || if whole { f64::from(random.random_range(0..6)) } else { random.random::<f64>() };
    (0..count * dimension).map(|_| draw()).collect()
}

#[test]
fn ranks_are_those_of_peeling_fronts_off() {
    for dimension in 1..=5 {
        for seed in 0..20 {
            let values = random_points(seed, 60, dimension, seed % 2 == 0);
            let expected = peeled(&values, dimension);
            assert_eq!(
                ranks(Points::new(&values, dimension)),
                expected,
                "dimension {dimension}, seed {seed}"
            );
        }
    }
}

/// Ranks by peeling off fronts, NaN as infinity.
fn peeled(values: &[f64], dimension: usize) -> Vec<u32> {
    let values: Vec<f64> = values.iter().map(|value| known(*value)).collect();
    let rows: Vec<&[f64]> = values.chunks(dimension).collect();
    let mut expected = vec![u32::MAX; rows.len()];
    let mut left: Vec<usize> = (0..rows.len()).collect();
    for rank in 0.. {
        if left.is_empty() {
            break;
        }
        let undominated = |&i: &usize| !left.iter().any(|&j| dominates(rows[j], rows[i]));
        let (front, rest): (Vec<usize>, Vec<usize>) = left.iter().copied().partition(undominated);
        front.into_iter().for_each(|i| expected[i] = rank);
        left = rest;
    }
    expected
}

#[test]
fn many_points_of_many_coordinates_rank_as_peeling_fronts_off_ranks_them() {
    for seed in 0..60 {
        let mut random = derive(seed, "ranks", &[]);
        let dimension = random.random_range(2..=7);
        let count = random.random_range(1..=300);
        // Few different values make ties in some or all coordinates; with many, whole fronts are large.
        let different = random.random_range(1..=400_u32);
        let mut draw = || match random.random_range(0..200) {
            0 => f64::NAN,
            1 => f64::INFINITY,
            2 => f64::NEG_INFINITY,
            3 => -0.0,
            _ => f64::from(random.random_range(0..different)),
        };
        let mut values: Vec<f64> = (0..count * dimension).map(|_| draw()).collect();
        if seed % 3 == 0 {
            // Close to one front: what is lost in the first coordinate is won in the last.
            for row in values.chunks_mut(dimension) {
                row[dimension - 1] = f64::from(different) - row[..dimension - 1].iter().sum::<f64>();
            }
        }
        let points = Points::new(&values, dimension);
        assert_eq!(ranks(points), peeled(&values, dimension), "seed {seed}");
        assert_eq!(divide::ranks(points), ranks(points), "seed {seed}, {dimension} coordinates");
    }
}

#[test]
fn nan_ranks_with_infinity() {
    let values = [0.0, f64::NAN, 0.0, f64::INFINITY, 1.0, 1.0, -0.0, f64::NAN];
    assert_eq!(ranks(Points::new(&values, 2)), [0, 0, 0, 0]);
    assert!(compare(f64::NAN, f64::INFINITY).is_gt(), "ranks differ here on purpose: neither is ever chosen");
}

#[test]
fn crowding_is_the_perimeter_of_neighbours() {
    let values = [0.0, 4.0, 1.0, 2.0, 2.0, 1.0, 4.0, 0.0];
    let distances = crowding(Points::new(&values, 2));
    assert_eq!(distances[0], f64::INFINITY);
    assert_eq!(distances[3], f64::INFINITY);
    assert_eq!(distances[1..3], [2.0 / 4.0 + 3.0 / 4.0, 3.0 / 4.0 + 2.0 / 4.0]);
}

/// By inclusion and exclusion over all sets of points.
fn by_inclusion(points: Points<'_>, reference: &[f64]) -> f64 {
    let sets = 1..1_u32 << points.len();
    sets.map(|set| {
        let members = || (0..points.len()).filter(|i| set >> i & 1 == 1).map(|i| points.point(i));
        let side = |c: usize| reference[c] - members().map(|point| point[c]).fold(f64::MIN, f64::max);
        let volume: f64 = (0..reference.len()).map(|c| side(c).max(0.0)).product();
        if set.count_ones() % 2 == 1 { volume } else { -volume }
    })
    .sum()
}

#[test]
fn hypervolumes_are_those_of_inclusion_and_exclusion() {
    for dimension in 1..=6 {
        for seed in 0..10 {
            let values = random_points(seed, 9, dimension, seed % 2 == 0);
            let points = Points::new(&values, dimension);
            let reference = vec![if seed % 2 == 0 { 4.5 } else { 0.9 }; dimension];
            let (found, expected) = (hypervolume(points, &reference), by_inclusion(points, &reference));
            assert!(
                (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
                "{dimension}: {found} {expected}"
            );
        }
    }
}

/// A front given by f₂ over pieces of f₁, as `count` points.
fn curve(pieces: &[(f64, f64)], f2: impl Fn(f64) -> f64, count: usize) -> Vec<f64> {
    let each = count / pieces.len();
    let along =
        |&(from, to): &(f64, f64)| (0..each).map(move |i| from + (to - from) * i as f64 / (each - 1) as f64);
    pieces.iter().flat_map(along).flat_map(|f1| [f1, f2(f1)]).collect()
}

fn assert_from_below(values: &[f64], dimension: usize, limit: f64, closed: f64, within: f64) {
    let found = hypervolume(Points::new(values, dimension), &vec![limit; dimension]);
    assert!(found < closed && found > closed - within, "{found}, closed form {closed}");
}

#[test]
fn fronts_of_zdt_approach_their_closed_forms() {
    let whole = [(0.0, 1.0)];
    let zdt1 = curve(&whole, |f1| 1.0 - f1.sqrt(), 20_000);
    assert_from_below(&zdt1, 2, 1.0, 2.0 / 3.0, 1e-4);
    assert_from_below(&zdt1, 2, 1.1, 0.876_666_666_7, 1e-4);
    let zdt2 = curve(&whole, |f1| 1.0 - f1 * f1, 20_000);
    assert_from_below(&zdt2, 2, 1.0, 1.0 / 3.0, 1e-4);
    assert_from_below(&zdt2, 2, 1.1, 0.543_333_333_4, 1e-4);
    let pieces = [
        (0.0, 0.083_001_534_9),
        (0.182_228_780, 0.257_762_363_4),
        (0.409_313_674_8, 0.453_882_104_1),
        (0.618_396_794_4, 0.652_511_703_8),
        (0.823_331_798_3, 0.851_832_865_4),
    ];
    let zdt3 = curve(&pieces, |f1| 1.0 - f1.sqrt() - f1 * (10.0 * PI * f1).sin(), 20_000);
    assert_from_below(&zdt3, 2, 1.0, 1.044_427, 2e-4);
    assert_from_below(&zdt3, 2, 1.1, 1.331_764, 2e-4);
    let zdt6 = curve(&[(0.280_775_319_1, 1.0)], |f1| 1.0 - f1 * f1, 20_000);
    assert_from_below(&zdt6, 2, 1.1, 0.507_877_514_7, 1e-4);
}

/// Points of the unit simplex with coordinates that are multiples of `1 / parts` (Das & Dennis 1998).
fn simplex(dimension: usize, parts: usize) -> Vec<Vec<f64>> {
    if dimension == 1 {
        return vec![vec![parts as f64]];
    }
    (0..=parts)
        .flat_map(|first| {
            simplex(dimension - 1, parts - first).into_iter().map(move |mut rest| {
                rest.push(first as f64);
                rest
            })
        })
        .collect()
}

#[test]
fn fronts_of_dtlz_approach_their_closed_forms() {
    // DTLZ1: r^M − 0.5^M / M!; DTLZ2 to 4: r^M − π^(M/2) / (2^M Γ(M/2 + 1)).
    let linear =
        [(3, 150, 1.310_166_666_7, 2e-3), (4, 16, 1.461_495_833_3, 1e-2), (5, 6, 1.610_249_583_4, 1e-2)];
    for (dimension, parts, closed, within) in linear {
        let rows = simplex(dimension, parts);
        let values: Vec<f64> = rows.iter().flatten().map(|part| 0.5 * part / parts as f64).collect();
        assert_from_below(&values, dimension, 1.1, closed, within);
    }
    for (dimension, parts, closed, within) in
        [(3, 150, 0.807_401_224_5, 1e-2), (4, 16, 1.155_674_862_6, 7e-2)]
    {
        let on_sphere = |row: &Vec<f64>| {
            let norm = row.iter().map(|part| part * part).sum::<f64>().sqrt();
            row.iter().map(|part| part / norm).collect::<Vec<f64>>()
        };
        let values: Vec<f64> = simplex(dimension, parts).iter().flat_map(on_sphere).collect();
        assert_from_below(&values, dimension, 1.1, closed, within);
    }
    assert_eq!(simplex(3, 12).len(), 91);
    assert_eq!(simplex(5, 6).len(), 210);
}
