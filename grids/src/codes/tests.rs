//! Codes stand for the numbers that are scored.

use super::*;
use crate::{Grouping, nearest};

const GRIDS: [NumberGrid; 7] = [
    NumberGrid::Symmetric,
    NumberGrid::AffineInt,
    NumberGrid::Fp8Tensor,
    NumberGrid::Fp8Channel,
    NumberGrid::Fp8Block,
    NumberGrid::Mxfp4,
    NumberGrid::Nvfp4,
];

/// The number that 4 bits of sign, exponent and mantissa, or 8, stand for (OCP).
fn small(bits: u8, mantissa: u32, exponent: u32, bias: i32) -> f32 {
    let sign = if bits >> (mantissa + exponent) == 1 { -1.0 } else { 1.0 };
    let power = i32::from(bits >> mantissa & ((1 << exponent) - 1));
    let part = f32::from(bits & ((1 << mantissa) - 1)) / 2.0_f32.powi(mantissa as i32);
    sign * if power == 0 { part * 2.0_f32.powi(1 - bias) } else { (1.0 + part) * 2.0_f32.powi(power - bias) }
}

/// The numbers of codes, by what formats say.
fn numbers(made: &Codes, inputs: usize, grid: NumberGrid, group: usize) -> Vec<f32> {
    let place = |number: usize| match grid {
        NumberGrid::Fp8Tensor => 0,
        NumberGrid::Fp8Block => number / inputs / 128 * inputs.div_ceil(128) + number % inputs / 128,
        NumberGrid::Fp8Channel => number / inputs,
        _ => number / group,
    };
    let number = |(number, &code): (usize, &u8)| {
        let scale = made.scales[place(number)];
        match grid {
            NumberGrid::Symmetric => f32::from(code as i8) * scale,
            NumberGrid::AffineInt => {
                f32::from(i16::from(code as i8) - i16::from(made.zero_points[place(number)])) * scale
            }
            NumberGrid::Mxfp4 => small(code, 1, 2, 1) * scale,
            NumberGrid::Nvfp4 => small(code, 1, 2, 1) * (scale / made.whole.unwrap()),
            _ => small(code, 3, 4, 7) * scale,
        }
    };
    made.codes.iter().enumerate().map(number).collect()
}

/// `[300, 256]`: pseudorandom numbers of very different sizes, zeros among them, and a row of zeros.
fn rows() -> Vec<f32> {
    let mut state = 18_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    let number = |place: usize| match place / 256 {
        1 => 0.0,
        row => draw() * 10.0_f32.powi(row as i32 % 9 - 6) * if place.is_multiple_of(31) { 0.0 } else { 1.0 },
    };
    (0..300 * 256).map(number).collect()
}

fn cases() -> impl Iterator<Item = (NumberGrid, u32, usize)> {
    GRIDS.into_iter().flat_map(|grid| {
        let group = match grid.grouping() {
            Grouping::Any => 64,
            Grouping::Of(own) => own as usize,
            Grouping::Row => 256,
        };
        grid.bits().iter().map(move |&bits| (grid, bits, group))
    })
}

#[test]
fn codes_stand_for_what_is_scored_to_the_bit() {
    let rows = rows();
    for (grid, bits, group) in cases() {
        let made = Codes::new(&rows, 256, grid, bits, group, |scale| scale).unwrap();
        let mut scored = rows.clone();
        nearest::matrix(&mut scored, 256, grid, bits, group);
        assert_eq!(numbers(&made, 256, grid, group), scored, "{} in {bits} bits", grid.name());
        if grid == NumberGrid::AffineInt || grid == NumberGrid::Symmetric {
            let (least, largest) = (-(1_i16 << (bits - 1)), (1_i16 << (bits - 1)) - 1);
            let within = |code: &u8| (least..=largest).contains(&i16::from(*code as i8));
            assert!(made.codes.iter().all(within), "{} in {bits} bits", grid.name());
        }
    }
    assert_eq!(Codes::new(&rows, 256, NumberGrid::Q4K, 4, 256, |scale| scale), None);
}

#[test]
fn codes_under_rounded_scales_are_nearest_to_what_was_scored() {
    let rows = rows();
    // A scale that is off by a quarter: codes are moved by several.
    let off = |scale: f32| scale * 1.25;
    for (grid, bits, group) in cases() {
        let own = !matches!(grid, NumberGrid::Fp8Block | NumberGrid::Mxfp4 | NumberGrid::Nvfp4);
        let made = Codes::new(&rows, 256, grid, bits, group, off).unwrap();
        let plain = Codes::new(&rows, 256, grid, bits, group, |scale| scale).unwrap();
        assert_eq!(made != plain, own, "{}", grid.name());
        if !own {
            continue;
        }
        let mut scored = rows.clone();
        nearest::matrix(&mut scored, 256, grid, bits, group);
        for (place, (found, scored)) in numbers(&made, 256, grid, group).iter().zip(&scored).enumerate() {
            let scale = made.scales[if grid == NumberGrid::Fp8Tensor { 0 } else { place / group }];
            let code = if matches!(grid, NumberGrid::Symmetric | NumberGrid::AffineInt) {
                0.5 * scale
            } else {
                (scored.abs() / 16.0).max(scale / 1024.0)
            };
            assert!(
                (found - scored).abs() <= code * 1.000_01,
                "{} in {bits} bits: {found}, {scored}",
                grid.name()
            );
        }
    }
}
